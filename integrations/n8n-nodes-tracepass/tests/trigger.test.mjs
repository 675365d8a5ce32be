import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { TracePassTrigger } = require('../dist/nodes/TracePassTrigger/TracePassTrigger.node.js');
const { isFromTracePass } = require('../dist/nodes/TracePassTrigger/signature.js');

const SECRET = 'whsec_dGVzdA==';
const NOW = 1_780_000_000_000;
const TIME = String(NOW / 1000);
const BODY = Buffer.from('{"id":"evt_1","type":"passport.published", "data":{"n":1.0}}');
const sign = (body, timestamp, secret) => `v1=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`;
const GOOD = sign(BODY, TIME, SECRET);

test('a message that TracePass signed is taken', () => {
	assert.ok(isFromTracePass(BODY, TIME, GOOD, SECRET, NOW));
	assert.ok(isFromTracePass(BODY, TIME, `${sign(BODY, TIME, 'new')}, ${GOOD}`, SECRET, NOW), 'while a secret is replaced');
	assert.ok(isFromTracePass(BODY, TIME, GOOD, SECRET, NOW + 299_000));
});

test('whatever else comes is refused', () => {
	const refused = (body, timestamp, signature, secret, now = NOW) => assert.ok(!isFromTracePass(body, timestamp, signature, secret, now));
	refused(Buffer.from(JSON.stringify(JSON.parse(BODY))), TIME, GOOD, SECRET);
	refused(BODY, String(NOW / 1000 + 1), GOOD, SECRET);
	refused(BODY, TIME, GOOD, 'other');
	refused(BODY, TIME, sign(BODY, TIME, ''), '');
	refused(BODY, TIME, GOOD, SECRET, NOW + 301_000);
	refused(BODY, TIME, GOOD, SECRET, NOW - 301_000);
	for (const signature of ['', 'v1=', GOOD.slice(0, -1), `${GOOD}00`, GOOD.slice(3), GOOD.replace('v1', 'v2'), 'v1=' + 'z'.repeat(64)]) {
		refused(BODY, TIME, signature, SECRET);
	}
	for (const timestamp of ['', 'now', '1e9', '-1', ` ${TIME}`, '9'.repeat(400)]) refused(BODY, timestamp, sign(BODY, timestamp, SECRET), SECRET);
});

/** A trigger within a workflow, before a TracePass that remembers its webhooks. */
function world({ events = ['passport.published'], memory = {}, webhooks = [] } = {}) {
	const calls = [];
	const parameters = { authentication: 'apiKey', events, options: {} };
	const one = (url) => webhooks.find(({ _id }) => url.endsWith(`/${_id}`));
	const respond = ({ method, url, body }) => {
		calls.push(`${method} ${url.replace('https://t.example/api/v1/webhooks', '')}`);
		if (method === 'POST') {
			webhooks.push({ _id: `w${webhooks.length + 1}`, status: 'enabled', ...body });
			return { statusCode: 201, body: { ...webhooks.at(-1), secret: SECRET } };
		}
		if (method === 'GET' && url.endsWith('/webhooks')) return { statusCode: 200, body: { data: { items: [...webhooks] } } };
		const found = one(url);
		if (!found) return { statusCode: 404, body: { error: 'not_found' } };
		if (method === 'DELETE') webhooks.splice(webhooks.indexOf(found), 1);
		return { statusCode: 200, body: found };
	};
	const answers = [];
	const context = {
		getWorkflowStaticData: () => memory,
		getNodeParameter: (name) => parameters[name],
		getCredentials: async () => ({ baseUrl: 'https://t.example/' }),
		getNodeWebhookUrl: () => 'https://n8n.example/webhook/1',
		getWorkflow: () => ({ id: 'wf', name: 'Recall' }),
		getNode: () => ({ name: 'TracePass Trigger' }),
		helpers: {
			httpRequestWithAuthentication: async (_credential, options) => respond(options),
			returnJsonArray: (json) => [{ json }],
		},
		getResponseObject: () => ({ status: (code) => ({ json: (body) => answers.push([code, body.error]) }) }),
	};
	const hooks = new TracePassTrigger().webhookMethods.default;
	const receive = (body, headers) =>
		new TracePassTrigger().webhook.call({
			...context,
			getHeaderData: () => headers ?? signed(body),
			getRequestObject: () => ({ rawBody: body }),
			getBodyData: () => JSON.parse(body),
		});
	return { calls, memory, webhooks, answers, parameters, receive, ...Object.fromEntries(Object.entries(hooks).map(([name, hook]) => [name, () => hook.call(context)])) };
}

function signed(body) {
	const time = String(Math.floor(Date.now() / 1000));
	return { 'x-tracepass-timestamp': time, 'x-tracepass-signature': sign(body, time, SECRET) };
}

test('a trigger makes one webhook, finds it again, and takes it away', async () => {
	const there = world();
	assert.equal(await there.checkExists(), false);
	await there.create();
	assert.deepEqual(there.webhooks.map(({ url, events, description }) => ({ url, events, description })), [
		{ url: 'https://n8n.example/webhook/1', events: ['passport.published'], description: 'n8n: Recall, TracePass Trigger' },
	]);
	assert.equal(there.memory.secret, SECRET);
	assert.equal(await there.checkExists(), true);
	await there.delete();
	assert.deepEqual([there.webhooks, there.memory], [[], {}]);
	await there.delete();
});

test('a webhook that is no longer what the trigger says is made anew', async () => {
	for (const change of [{ events: ['passport.created'] }, { status: 'disabled' }, { url: 'https://old.example' }]) {
		const there = world();
		await there.create();
		Object.assign(there.webhooks[0], change);
		assert.equal(await there.checkExists(), false);
		assert.deepEqual([there.webhooks, there.memory], [[], {}]);
	}
});

test('webhooks that were left behind for the same address are cleared away, others stay', async () => {
	const left = [
		{ _id: 'old', url: 'https://n8n.example/webhook/1' },
		{ _id: 'erp', url: 'https://erp.example' },
	];
	const there = world({ webhooks: left });
	await there.create();
	assert.deepEqual(there.webhooks.map(({ url }) => url), ['https://erp.example', 'https://n8n.example/webhook/1']);
});

test('a webhook that somebody else removed does not keep a trigger from stopping or starting', async () => {
	const there = world();
	await there.create();
	there.webhooks.length = 0;
	assert.equal(await there.checkExists(), false);
	await there.create();
	there.webhooks.length = 0;
	assert.equal(await there.delete(), true);
});

test('an event that is signed starts the workflow, once', async () => {
	const there = world();
	await there.create();
	assert.deepEqual(await there.receive(BODY), { workflowData: [[{ json: JSON.parse(BODY) }]] });
	assert.deepEqual(await there.receive(BODY), { webhookResponse: 'ignored' });
	there.parameters.options = { takeRepetitions: true };
	assert.ok((await there.receive(BODY)).workflowData);
});

test('an event that was not asked for is taken and left alone', async () => {
	const there = world({ events: ['passport.suspended'] });
	await there.create();
	assert.deepEqual(await there.receive(BODY), { webhookResponse: 'ignored' });
	there.parameters.events = ['*'];
	assert.ok((await there.receive(BODY)).workflowData);
});

test('an event that is not signed is answered with 401 and starts nothing', async () => {
	const there = world();
	await there.create();
	for (const headers of [{}, { ...signed(BODY), 'x-tracepass-signature': 'v1=00' }, signed(Buffer.from('{}'))]) {
		assert.deepEqual(await there.receive(BODY, headers), { noWebhookResponse: true });
	}
	assert.deepEqual(there.answers, Array(3).fill([401, 'invalid_signature']));
	assert.equal(there.memory.seen, undefined);
});
