"use strict";
// Loaded into every Node program of a run. Whatever authorities it brings, ours is one of them. A connection to a provider's host is made to the mock server instead, one to
// this machine or an allowed host is left alone, and any other is refused. Node's own fetch reads no proxy variables.
const { Socket, isIP } = require("node:net");
const tls = require("node:tls");
const { readFileSync } = require("node:fs");
const { tls_ports, allowed, proxy, ca } = JSON.parse(process.env.MOCKREEL_RUN || '{"tls_ports": {}, "allowed": ["*"]}');

const patterns = allowed.map((name) =>
  new RegExp("^" + name.toLowerCase().split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*") + "$"));
const isLoopback = (host) =>
  host === "localhost" || host.endsWith(".localhost") || host === "::1" || host === "::" || host === "0.0.0.0" || (isIP(host) === 4 && host.startsWith("127."));

const connect = Socket.prototype.connect;

// Refused as the proxy would have done it, and the proxy is told, so that the run can tell it.
function refuse(socket, host, port, why) {
  const telling = new Socket().on("error", () => {});
  connect.call(telling, { host: "127.0.0.1", port: proxy }).end(`CONNECT ${host}:${port} HTTP/1.1\r\n\r\n`);
  const text = `mockreel run: ${host} was not called: ${why}`;
  process.nextTick(() => socket.destroy(Object.assign(new Error(text), { code: "EMOCKREEL" })));
  return socket;
}

Socket.prototype.connect = function (...given) {
  const args = Array.isArray(given[0]) ? given[0] : given;  // Node's own callers hand them over as one array
  const done = args.find((one) => typeof one === "function");
  const options = args[0] !== null && typeof args[0] === "object" ? args[0]
    : { port: args[0], host: typeof args[1] === "string" ? args[1] : undefined };
  if (options.path || (typeof args[0] === "string" && !/^\d+$/.test(args[0]))) return connect.apply(this, given);  // a file
  const host = String(options.host || "localhost").toLowerCase().replace(/^\[|\]$/g, "");
  const port = Number(options.port);
  if (Object.hasOwn(tls_ports, host)) {
    if (port !== 443) return refuse(this, host, port, `a key would go there unencrypted. Use https://${host} on the usual port.`);
    const moved = { ...options, host: tls_ports[host][0], port: tls_ports[host][1], lookup: undefined };
    return done ? connect.call(this, moved, done) : connect.call(this, moved);
  }
  if (isLoopback(host) || patterns.some((pattern) => pattern.test(host))) return connect.apply(this, given);
  return refuse(this, host, port, "it is none of the providers' hosts " +
    `(${Object.keys(tls_ports).join(", ")}). Allow it: mockreel run --allow-host ${host} -- COMMAND`);
};

// `ca` takes the place of what Node trusts; NODE_EXTRA_CA_CERTS does not count beside it.
const createSecureContext = tls.createSecureContext;
tls.createSecureContext = function (options) {
  if (!ca || !options || !options.ca) return createSecureContext.apply(this, arguments);
  try {
    return createSecureContext.call(this, { ...options, ca: [].concat(options.ca, readFileSync(ca, "utf8")) });
  } catch (problem) {
    if (problem.code !== "ENOENT") throw problem;  // the run is over
    return createSecureContext.apply(this, arguments);
  }
};
