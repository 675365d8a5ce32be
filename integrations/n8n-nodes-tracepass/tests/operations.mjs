// Prints what every operation would send, for whoever holds it against the contract.
import { everyOperation, everything, requestFor } from './requests.mjs';

const found = [];
for (const one of everyOperation()) {
	for (const passportBy of one.resource === 'passport' ? ['id', 'serial'] : [undefined]) {
		const binary = { x: { data: '', mimeType: 'text/csv', fileName: 'x.csv' } };
		const { method, url, qs, body, headers } = await requestFor(everything(one, passportBy), { binary });
		const isForm = /^multipart/.test(headers['Content-Type'] ?? '');
		found.push({ ...one, passportBy, method, url, query: Object.keys(qs), body: isForm ? ['file'] : Object.keys(body ?? {}), headers });
	}
}
process.stdout.write(JSON.stringify(found));
