// Carries each line of stdin, one JSON-RPC message, to /mcp by POST, and each answer back as a line of stdout.
// What the tools are and what they take is the server's business alone.
import { createInterface } from "node:readline";

const VERSION = "io.modelcontextprotocol/protocolVersion";
const NAMES = { "tools/call": "name", "prompts/get": "name", "resources/read": "uri" };
const TIMEOUT_MS = 65_000;
const INTERNAL_ERROR = -32603;
const PARSE_ERROR = -32700;

/** Serve until the input ends and every request has its answer. */
export async function bridge({ input, output, url, key, fetch: send = fetch }) {
  const session = { version: undefined };
  const running = new Set();
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (!line.trim()) continue;
    const task = carry(line, { url, key, send, session }).then((answer) => {
      running.delete(task);
      if (answer !== undefined) output.write(`${JSON.stringify(answer)}\n`);
    });
    running.add(task);
    // The version is agreed in the first answer; what follows has to name it.
    if (line.includes('"initialize"')) await task;
  }
  await Promise.all(running);
}

async function carry(line, { url, key, send, session }) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    return failure(null, PARSE_ERROR, "This line is no JSON.");
  }
  const wanted = message?.id !== undefined && message?.method !== undefined;
  try {
    const response = await send(url, {
      method: "POST",
      headers: headersFor(message, { key, session }),
      body: line,
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = read(await response.text());
    if (!wanted) return undefined;
    if (answer?.jsonrpc === "2.0") {
      if (message.method === "initialize") session.version = answer.result?.protocolVersion;
      return { ...answer, id: message.id };
    }
    return refusal(message, response.status, answer);
  } catch (error) {
    const reason = error?.cause?.message ?? error?.message ?? String(error);
    return wanted ? failure(message.id, INTERNAL_ERROR, `${url} does not answer: ${reason}`) : undefined;
  }
}

/** Return the headers that say beforehand what the body says, as the protocol wants since 2026-07-28. */
function headersFor(message, { key, session }) {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  if (key) headers.authorization = `Bearer ${key}`;
  const version = message?.params?._meta?.[VERSION];
  if (version) {
    headers["mcp-method"] = encoded(message.method ?? "");
    const name = message.params[NAMES[message.method]];
    if (typeof name === "string") headers["mcp-name"] = encoded(name);
  }
  if (version ?? session.version) headers["mcp-protocol-version"] = version ?? session.version;
  return headers;
}

function encoded(text) {
  const plain = /^[\x20-\x7e]*$/.test(text) && text === text.trim() && !text.startsWith("=?base64?");
  return plain ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Return what the server's own refusals become: for a tool a result that a model can read, else an error. */
function refusal(message, status, envelope) {
  const told = { status, error: envelope?.error ?? "error", message: envelope?.message ?? `The server answered ${status}.` };
  if (status === 401) told.advice = "Set TRACEPASS_API_KEY to an API key of the workspace.";
  if (message.method !== "tools/call") return failure(message.id, INTERNAL_ERROR, told.message, told);
  const content = [{ type: "text", text: JSON.stringify(told) }];
  return { jsonrpc: "2.0", id: message.id, result: { content, structuredContent: told, isError: true, resultType: "complete" } };
}

function failure(id, code, message, data) {
  return { jsonrpc: "2.0", id, error: { code, message, ...(data ? { data } : {}) } };
}
