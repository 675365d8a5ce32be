import assert from 'node:assert/strict';
import test from 'node:test';
import { createRequire } from 'node:module';
import { requestFor } from './requests.mjs';

const require = createRequire(import.meta.url);
const { formOfFile } = require('../dist/nodes/TracePass/shared/requests.js');

test('a passport is made of what is given, and of nothing else', async () => {
	const request = await requestFor({
		resource: 'passport',
		operation: 'create',
		newProductId: 'p1',
		gtin: '04012345000016',
		additionalFields: { newSerialNumber: 'A/1', fields: '{"battery_chemistry": {"value": "li_ion_lfp"}}' },
	});
	assert.deepEqual(request.body, {
		productId: 'p1',
		gs1: { gtin: '04012345000016', serialNumber: 'A/1' },
		fields: { battery_chemistry: { value: 'li_ion_lfp' } },
	});
});

test('a serial number is one segment of the address, whatever is in it', async () => {
	const one = { resource: 'passport', operation: 'publish', passportBy: 'serial', serialNumber: 'A/1 %?#' };
	assert.equal((await requestFor(one)).url, '/api/v1/passports/by-serial/A%2F1%20%25%3F%23/publish');
	assert.equal((await requestFor({ ...one, serialGtin: '04012345000016' })).qs.gtin, '04012345000016');
	assert.equal((await requestFor(one)).qs.gtin, undefined);
});

test('a passport is found by its ID unless one says otherwise', async () => {
	const request = await requestFor({ resource: 'passport', operation: 'get', passportId: '6650b2c3d4e5f6a7b8c9d0e1' });
	assert.equal(request.url, '/api/v1/passports/6650b2c3d4e5f6a7b8c9d0e1');
});

test('a value is JSON where it reads as JSON, and text where it does not', async () => {
	const given = async (fieldValue) =>
		(await requestFor({ resource: 'passport', operation: 'updateField', passportId: 'x', fieldKey: 'k', fieldValue })).body.value;
	assert.equal(await given('48 V pack'), '48 V pack');
	assert.equal(await given('12.5'), 12.5);
	assert.equal(await given('"12.5"'), '12.5');
	assert.equal(await given('true'), true);
	assert.equal(await given('trueness'), 'trueness');
	assert.deepEqual(await given('["a"]'), ['a']);
	assert.equal(await given('[draft]'), '[draft]');
	assert.deepEqual(await given({ amount: 1 }), { amount: 1 });
});

test('JSON that is none is refused by its name, before anything is sent', async () => {
	const request = requestFor({ resource: 'product', operation: 'createBatch', products: '[{]' });
	await assert.rejects(request, /"Products" is not valid JSON/);
});

test('several values of a query stand in one parameter', async () => {
	const filters = { EQ_action: ['ADD', 'OBSERVE'], otherParameters: '{"EQ_transformationID": "t1"}' };
	const { qs } = await requestFor({ resource: 'epcisEvent', operation: 'query', filters });
	assert.deepEqual(qs, { EQ_action: 'ADD|OBSERVE', EQ_transformationID: 't1' });
});

test('a write that n8n repeats has the same idempotency key, and no other write has it', async () => {
	const one = { resource: 'product', operation: 'create', name: 'a', model: 'b', category: 'battery' };
	const keyOf = async (parameters, turn) => (await requestFor(parameters, turn)).headers['Idempotency-Key'];
	const key = await keyOf(one);
	assert.match(key, /^n8n-[0-9a-f]{48}$/);
	assert.equal(await keyOf(one), key);
	assert.notEqual(await keyOf(one, { run: 1 }), key);
	assert.notEqual(await keyOf(one, { execution: 'e2' }), key);
	assert.notEqual(await keyOf({ ...one, name: 'c' }), key);
	assert.equal(await keyOf({ resource: 'product', operation: 'get', productId: 'x' }), undefined);
});

test('a file is sent as a form, its bytes as they are', async () => {
	const content = Buffer.from([0, 255, 13, 10, 45, 45]);
	const binary = { data: { data: content.toString('base64'), mimeType: 'image/png', fileName: 'a "b".png' } };
	const request = await requestFor({ resource: 'product', operation: 'addImage', productId: 'x', binaryProperty: 'data' }, { binary });
	const boundary = /boundary=(.+)$/.exec(request.headers['Content-Type'])[1];
	assert.equal(
		request.body.toString('latin1'),
		`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a %22b%22.png"\r\nContent-Type: image/png\r\n\r\n` +
			`${content.toString('latin1')}\r\n--${boundary}--\r\n`,
	);
	assert.equal(formOfFile(content, 'a', 'b').contentType, request.headers['Content-Type']);
});
