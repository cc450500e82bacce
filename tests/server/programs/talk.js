// Submits and polls over one connection: `node talk.js http|fetch URL PAUSE_MS POLLS`; prints the statuses.
const [how, url, pause, polls] = process.argv.slice(2);
const http = require("node:http");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const rest = () => new Promise((done) => setTimeout(done, Number(pause)));
const headers = { authorization: "Bearer any-key", "content-type": "application/json" };
const body = JSON.stringify({ model: "solo", input: { prompt: "x" } });

const byHttp = (method, path, sent) =>
  new Promise((done, failed) => {
    const asked = http.request(url + path, { agent, method, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode));
    });
    asked.on("error", failed);
    asked.end(sent);
  });
const byFetch = async (method, path, sent) => {
  const answer = await fetch(url + path, { method, headers, body: sent });
  await answer.text();
  return answer.status;
};

(async () => {
  const ask = how === "http" ? byHttp : byFetch;
  const told = [await ask("POST", "/v1/jobs", body)];
  for (let poll = 0; poll < Number(polls); poll++) {
    await rest();
    told.push(await ask("GET", "/v1/jobs"));
  }
  console.log(told.join(" "));
  agent.destroy();
})();
