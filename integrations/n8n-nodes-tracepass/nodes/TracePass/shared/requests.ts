import { createHash } from 'node:crypto';
import {
	NodeOperationError,
	type IDataObject,
	type IExecuteSingleFunctions,
	type IHttpRequestMethods,
	type IHttpRequestOptions,
	type INodeProperties,
	type INodePropertyOptions,
	type INodePropertyRouting,
	type PreSendAction,
} from 'n8n-workflow';

type Routing = NonNullable<INodePropertyOptions['routing']>;

/** A GET of `url`, an expression after the address of the API. */
export const read = (url: string): Routing => ({ request: { method: 'GET', url } });

/** A GET whose answer is a file: its bytes are taken as they come. */
export const download = (url: string, method: IHttpRequestMethods = 'GET'): Routing => ({
	request: { method, url, encoding: 'arraybuffer', json: false },
});

/** A request that changes something. */
export const write = (method: IHttpRequestMethods, url: string, ...steps: PreSendAction[]): Routing => ({
	request: { method, url },
	send: { preSend: steps },
});

/** Sends a parameter as a member of the body; with dots, as a member of a member. */
export const inBody = (property: string): INodePropertyRouting => ({ send: { type: 'body', property } });

/** Sends a parameter as a query parameter. */
export const inQuery = (property: string): INodePropertyRouting => ({ send: { type: 'query', property } });

/** Sends several choices as one query parameter, with bars between as EPCIS has it. */
export const inQueryJoined = (property: string): INodePropertyRouting => ({
	send: { type: 'query', property, value: '={{ [$value].flat().join("|") }}' },
});

/** Reads JSON that may come as text from a person, or as data from an expression. */
export function parseJson(context: IExecuteSingleFunctions, label: string, value: unknown): unknown {
	if (typeof value !== 'string') return value;
	try {
		return JSON.parse(value);
	} catch (error) {
		throw new NodeOperationError(context.getNode(), `"${label}" is not valid JSON`, {
			description: (error as Error).message,
			itemIndex: context.getItemIndex(),
		});
	}
}

function parameter(context: IExecuteSingleFunctions, path: string): unknown {
	const [name, member] = path.split('.');
	const value = context.getNodeParameter(name);
	return member ? (value as IDataObject)[member] : value;
}

/** Sends a JSON parameter (`collection.name` within a collection) as the member `property` of the body. */
export function jsonInBody(path: string, property: string, label: string): INodePropertyRouting {
	const step: PreSendAction = async function (options) {
		const value = parseJson(this, label, parameter(this, path));
		return { ...options, body: { ...(options.body as IDataObject), [property]: value } };
	};
	return { send: { preSend: [step] } };
}

/** Sends the members of a JSON parameter as query parameters. */
export function jsonInQuery(path: string, label: string): INodePropertyRouting {
	const step: PreSendAction = async function (options) {
		const value = parseJson(this, label, parameter(this, path)) as IDataObject;
		return { ...options, qs: { ...options.qs, ...value } };
	};
	return { send: { preSend: [step] } };
}

/** Sends a JSON parameter as the whole body. */
export function jsonAsBody(path: string, label: string): INodePropertyRouting {
	const step: PreSendAction = async function (options) {
		return { ...options, body: parseJson(this, label, parameter(this, path)) as IDataObject };
	};
	return { send: { preSend: [step] } };
}

/** The body of a form (RFC 7578) with one file in the member `file`. */
export function formOfFile(
	content: Buffer,
	fileName: string,
	mediaType: string,
): { body: Buffer; contentType: string } {
	const boundary = `tracepass-${createHash('sha256').update(content).digest('hex').slice(0, 40)}`;
	const name = fileName.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
	const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${mediaType}\r\n\r\n`;
	const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
	return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}

/** Uploads the binary that the parameter `binaryProperty` names. */
export const uploadBinary: PreSendAction = async function (options: IHttpRequestOptions) {
	const property = this.getNodeParameter('binaryProperty') as string;
	const { fileName, mimeType } = this.helpers.assertBinaryData(property);
	const content = await this.helpers.getBinaryDataBuffer(property);
	const form = formOfFile(content, fileName ?? 'file', mimeType);
	return { ...options, body: form.body, headers: { ...options.headers, 'Content-Type': form.contentType } };
};

/**
 * Gives a write an `Idempotency-Key`: when n8n repeats a node that failed, what was done already is not done twice.
 * The key is of the execution, run, item and request, so that another loop or another value is another write.
 */
export const idempotencyKey: PreSendAction = async function (options: IHttpRequestOptions) {
	if (!options.method || options.method === 'GET') return options;
	const turn = this.evaluateExpression('{{ [$execution.id, $runIndex].join() }}', this.getItemIndex());
	const parts = [turn, this.getNode().id, this.getItemIndex(), options.method, options.url, options.body ?? null];
	const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
	return { ...options, headers: { ...options.headers, 'Idempotency-Key': `n8n-${key.slice(0, 48)}` } };
};

/** Comes last among the properties, so that its step sees the whole request. */
export const idempotencyProperty: INodeProperties = {
	displayName: 'Idempotency',
	name: 'idempotency',
	type: 'hidden',
	default: 'on',
	routing: { send: { preSend: [idempotencyKey] } },
};
