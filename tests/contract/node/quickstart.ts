// The quickstart, as an integrator writes it with what openapi-typescript makes of the contract.
import assert from "node:assert/strict";
import process from "node:process";
import createClient from "openapi-fetch";
import type { components, paths } from "./tracepass.js";

type Passport = components["schemas"]["Passport"];

const { SERVER, KEY, GTIN } = process.env as Record<"SERVER" | "KEY" | "GTIN", string>;
const client = createClient<paths, "application/json">({
  baseUrl: SERVER,
  headers: { Authorization: `Bearer ${KEY}` },
});
const gs1 = { gtin: GTIN, serialNumber: "SN-1" };

function given<T>({ data, error }: { data?: T; error?: unknown }): NonNullable<T> {
  assert.ok(data, JSON.stringify(error));
  return data;
}

const template = given(await client.GET("/api/v1/templates/{category}", { params: { path: { category: "battery" } } }));
assert.equal(template.category, "battery");

const product = given(
  await client.POST("/api/v1/products", { body: { name: "Pack", model: "C", category: "battery" } }),
);

const once = { header: { "Idempotency-Key": "quickstart-1" } };
const body = { productId: product._id, gs1 };
const created = await client.POST("/api/v1/passports", { params: once, body });
const passport: Passport = given(created);
const repeated = await client.POST("/api/v1/passports", { params: once, body });
assert.equal(given(repeated)._id, passport._id);
assert.equal(repeated.response.headers.get("Idempotent-Replayed"), "true");

const path = { id: passport._id };
const written = given(
  await client.PATCH("/api/v1/passports/{id}/fields", {
    params: { path, header: { "If-Match": created.response.headers.get("ETag") ?? "" } },
    body: {
      fields: {
        product_name: { value: "48 V battery pack", sourceLocale: "en" },
        battery_chemistry: { value: "li_ion_lfp" },
        rated_energy: { value: 5.12 },
      },
    },
  }),
);
assert.equal(written.fields["rated_energy"]?.value, 5.12);

const translated = given(
  await client.PUT("/api/v1/passports/{id}/fields/{key}/translations/{locale}", {
    params: { path: { ...path, key: "product_name", locale: "de" } },
    body: { value: "Batteriepack 48 V" },
  }),
);
assert.equal(translated.translations["de"]?.source, "human");

const published = given(
  await client.POST("/api/v1/passports/{id}/publish", { params: { path }, body: { acknowledgeGaps: true } }),
);
const status: Passport["status"] = published.status;
assert.equal(status, "published");

const read = given(await client.GET("/api/v1/passports/{id}", { params: { path } }));
assert.equal(read.gs1.serialNumber, "SN-1");
const page = given(await client.GET("/api/v1/passports", { params: { query: { productId: product._id, status: "published", limit: 10 } } }));
assert.deepEqual([page.data.total, page.data.items[0]?._id], [1, passport._id]);

const { error, response } = await client.POST("/api/v1/passports", { body });
assert.ok(error !== undefined);
const code: components["schemas"]["Error"]["error"] = error.error;
assert.deepEqual([response.status, code], [409, "duplicate_serial"]);

const refused = await client.POST("/api/v1/products", { body: { name: "", model: "D", category: "battery" } });
assert.equal(refused.error?.error, "validation_error");

// What the types refuse; tsc fails if one of these compiles.
// @ts-expect-error a product needs a category
void (() => client.POST("/api/v1/products", { body: { name: "Pack", model: "C" } }));
// @ts-expect-error there is no such path
void (() => client.GET("/api/v1/pasports"));
// @ts-expect-error a state has a name of its own
const unknown: Passport["status"] = "publshed";
void unknown;
