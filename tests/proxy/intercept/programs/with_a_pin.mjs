// A client that brings its own list of authorities, and asks a name server itself.
import dns from "node:dns/promises";
import https from "node:https";
import tls from "node:tls";

const body = JSON.stringify({ input: { prompt: "A kite over the dunes." } });
const headers = { "Authorization": "Bearer rf_live_program", "Content-Type": "application/json" };
const [address] = await new dns.Resolver().resolve4("api.runflow.io");
const url = "https://api.runflow.io/v1/models/google/veo3.1/lite/runs";
const lookup = (_, options, done) => options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
https.request(url, { method: "POST", headers, ca: tls.rootCertificates, lookup }, (reply) => {
  console.log("submitted", reply.statusCode, address.startsWith("127."));
  reply.resume();
}).end(body);
