import assert from 'node:assert/strict';
import test from 'node:test';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const answers = require('../dist/nodes/TracePass/shared/answers.js');

/** A server of `count` things, as the API pages them; what it was asked is kept. */
function pager(parameters, answer) {
	const asked = [];
	return {
		asked,
		getNodeParameter: (name, fallback) => parameters[name] ?? fallback,
		makeRoutingRequest: async ({ options }) => {
			asked.push({ ...options.qs });
			return [{ json: answer(options.qs) }];
		},
	};
}

const numbers = (from, count) => Array.from({ length: count }, (_, index) => ({ n: from + index }));

const byPage = (total) => ({ page = 1, limit }) => {
	const items = numbers((page - 1) * limit, Math.max(0, Math.min(limit, total - (page - 1) * limit)));
	return { data: { items, total, page, limit, totalPages: Math.ceil(total / limit) } };
};

const byCursor = (total) => ({ cursor, limit }) => {
	const from = Number(cursor ?? 0);
	const items = numbers(from, Math.min(limit, total - from));
	return { data: { items, ...(from + limit < total && { nextCursor: String(from + limit) }), ...(!cursor && { page: 1, totalPages: Math.ceil(total / limit) }) } };
};

const byLink = (total) => ({ nextPageToken, perPage }) => {
	const from = Number(nextPageToken ?? 0);
	const more = from + perPage < total;
	return { items: numbers(from, Math.min(perPage, total - from)), nextPageToken: more ? String(from + perPage) : undefined };
};

for (const [name, size, reader, server] of [
	['number', 'limit', answers.readList, byPage],
	['cursor', 'limit', answers.readList, byCursor],
	['link', 'perPage', answers.readLinked, byLink],
]) {
	test(`a list that is paged by ${name} is read whole, each thing once`, async () => {
		for (const total of [0, 1, 99, 100, 101, 250]) {
			const context = pager({ returnAll: true }, server(total));
			const found = await answers.paginate(size, reader).call(context, { options: { qs: { status: 'x' } } });
			assert.deepEqual(found.map(({ json }) => json.n), numbers(0, total).map(({ n }) => n));
			assert.equal(context.asked.length, Math.max(1, Math.ceil(total / 100)));
			assert.ok(context.asked.every(({ status }) => status === 'x'));
		}
	});

	test(`a list that is paged by ${name} is read up to a limit, and no further`, async () => {
		for (const [limit, requests] of [[1, 1], [50, 1], [100, 1], [150, 2]]) {
			const context = pager({ returnAll: false, limit }, server(1000));
			const found = await answers.paginate(size, reader).call(context, { options: {} });
			assert.equal(found.length, limit);
			assert.equal(context.asked.length, requests);
			assert.equal(context.asked[0][size], Math.min(limit, 100));
		}
	});
}

test('the token of the next page is found in a Link header', () => {
	assert.equal(answers.nextPageToken('<http://x/events?perPage=2&nextPageToken=a%3Db>; rel="next"'), 'a=b');
	assert.equal(answers.nextPageToken('<http://x/a,b>; rel="prev", <http://x/?nextPageToken=t>; rel=next'), 't');
	assert.equal(answers.nextPageToken('<http://x/?nextPageToken=t>; rel="prev"'), undefined);
	assert.equal(answers.nextPageToken(undefined), undefined);
});

test('a code is a file with the ending of its kind; as JSON it is an item', async () => {
	const made = [];
	const context = {
		getNodeParameter: () => 'code',
		helpers: { prepareBinaryData: async (...given) => (made.push(given), { fileName: given[1] }) },
	};
	const answer = (type, body) => ({ headers: { 'content-type': type }, body: Buffer.from(body) });
	const [file] = await answers.asFile('code').call(context, [{ json: {} }], answer('image/svg+xml; charset=utf-8', '<svg/>'));
	assert.deepEqual(made[0].slice(1), ['code.svg', 'image/svg+xml']);
	assert.deepEqual(file.binary, { code: { fileName: 'code.svg' } });
	const [item] = await answers.asFile('code').call(context, [{ json: {} }], answer('application/json', '{"a": 1}'));
	assert.deepEqual(item, { json: { a: 1 } });
});
