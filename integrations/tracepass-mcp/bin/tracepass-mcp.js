#!/usr/bin/env node
import { bridge } from "../bridge.js";

const base = (process.env.TRACEPASS_BASE_URL || "http://127.0.0.1:8000").replace(/\/+$/, "").replace(/\/api\/v1$/, "");
if (!/^https?:\/\//.test(base)) {
  console.error("tracepass-mcp: TRACEPASS_BASE_URL must start with http:// or https://");
  process.exit(1);
}
await bridge({
  input: process.stdin,
  output: process.stdout,
  url: `${base}/mcp`,
  key: process.env.TRACEPASS_API_KEY,
});
