// Node's older client, with an agent that keeps connections; and a server of its own on this machine.
const https = require("node:https"), http = require("node:http");
const agent = new https.Agent({ keepAlive: true });
const body = JSON.stringify({ taskId: "1" });
const options = { method: "POST", host: "www.runninghub.ai", path: "/openapi/v2/query", agent,
  headers: { Authorization: "Bearer facade", "Content-Type": "application/json", "Content-Length": body.length } };
const once = (done) => https.request(options, (reply) => reply.resume().on("end", () => done(reply.statusCode))).end(body);
const own = http.createServer((_, reply) => reply.end("own")).listen(0, "127.0.0.1", () =>
  http.get({ port: own.address().port, host: "localhost", family: 4 }, (reply) => reply.on("data", (text) =>
    once((first) => once((second) => { console.log("submitted", first, second, String(text)); own.close(); agent.destroy(); })))));
