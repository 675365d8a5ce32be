import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { test } from "node:test";
import { bridge } from "../bridge.js";

/** Run the bridge over some messages, with a server that is a function. */
async function run(messages, serve, key) {
  const lines = messages.map((message) => (typeof message === "string" ? message : JSON.stringify(message)));
  const written = [];
  const asked = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      written.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  const fetch = async (url, options) => {
    asked.push({ url, ...options });
    return serve(JSON.parse(options.body));
  };
  await bridge({ input: Readable.from(lines.map((line) => `${line}\n`)), output, url: "http://x/mcp", key, fetch });
  return { written, asked };
}

const echo = (message) => Response.json({ jsonrpc: "2.0", id: message.id, result: { protocolVersion: "2025-11-25" } });

test("a request gets its answer, and the key goes along", async () => {
  const { written, asked } = await run([{ jsonrpc: "2.0", id: 7, method: "ping" }], echo, "tp_test_x");
  assert.equal(written[0].id, 7);
  assert.equal(asked[0].headers.authorization, "Bearer tp_test_x");
});

test("the version that was agreed is named from then on", async () => {
  const { asked } = await run(
    [{ jsonrpc: "2.0", id: 1, method: "initialize" }, { jsonrpc: "2.0", id: 2, method: "tools/list" }],
    echo,
  );
  assert.equal(asked[0].headers["mcp-protocol-version"], undefined);
  assert.equal(asked[1].headers["mcp-protocol-version"], "2025-11-25");
});

test("a message of the newer protocol names in its head what it is", async () => {
  const params = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" }, name: "tüte" };
  const { asked } = await run([{ jsonrpc: "2.0", id: 1, method: "tools/call", params }], echo);
  assert.equal(asked[0].headers["mcp-protocol-version"], "2026-07-28");
  assert.equal(asked[0].headers["mcp-method"], "tools/call");
  assert.equal(asked[0].headers["mcp-name"], "=?base64?dMO8dGU=?=");
});

test("a notification has no answer", async () => {
  const { written } = await run([{ jsonrpc: "2.0", method: "notifications/initialized" }], () => new Response(null, { status: 202 }));
  assert.deepEqual(written, []);
});

test("a refused call is a result that a model can read", async () => {
  const refuse = () => Response.json({ error: "unauthorized", message: "No." }, { status: 401 });
  const { written } = await run([{ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "x" } }], refuse);
  assert.equal(written[0].result.isError, true);
  assert.match(written[0].result.structuredContent.advice, /TRACEPASS_API_KEY/);
});

test("what is no JSON, and a server that is away, are told", async () => {
  const away = () => {
    throw new Error("connection refused");
  };
  const { written } = await run(["{", { jsonrpc: "2.0", id: 1, method: "ping" }], away);
  assert.deepEqual(written.map((one) => one.error.code).sort(), [-32603, -32700].sort());
});
