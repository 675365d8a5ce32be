import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
	INodePropertyOptions,
	INodeProperties,
	PostReceiveAction,
} from 'n8n-workflow';

type Routing = NonNullable<INodePropertyOptions['routing']>;
type Next = { items: IDataObject[]; next: IDataObject | undefined };

/** What one page holds, and the query parameters of the page after it, given those that it was asked with. */
type Reader = (page: IDataObject, asked: IDataObject) => Next;

/** The most that the API puts on one page. */
export const PAGE_SIZE = 100;

/** Lists of the API: by cursor where there is one, since it stays right while things are added, else by number. */
export const readList: Reader = (page, asked) => {
	const data = page.data as IDataObject;
	const items = data.items as IDataObject[];
	if (data.nextCursor) return { items, next: { cursor: data.nextCursor } };
	const number = (data.page as number | undefined) ?? 1;
	const isLast = 'cursor' in asked || number >= ((data.totalPages as number | undefined) ?? 1);
	return { items, next: isLast ? undefined : { page: number + 1 } };
};

/** Lists of EPCIS, as `linkedPage` makes them. */
export const readLinked: Reader = ({ items, nextPageToken }) => ({
	items: items as IDataObject[],
	next: nextPageToken ? { nextPageToken } : undefined,
});

/** The token of the next page in a `Link` header (RFC 8288), if there is one. */
export function nextPageToken(link: unknown): string | undefined {
	const next = String(link ?? '')
		.split(/,(?=\s*<)/)
		.find((part) => /;\s*rel="?next"?/i.test(part));
	const address = /<([^>]*)>/.exec(next ?? '')?.[1];
	const token = /[?&]nextPageToken=([^&#]*)/.exec(address ?? '')?.[1];
	return token === undefined ? undefined : decodeURIComponent(token);
}

/** Puts a page of EPCIS into one item: what `path` finds in the answer, and the token of the page after it. */
export const linkedPage = (path: string[]): PostReceiveAction =>
	async function (_items, response) {
		const found = path.reduce<unknown>((value, key) => (value as IDataObject)?.[key], response.body);
		return [{ json: { items: (found as IDataObject[]) ?? [], nextPageToken: nextPageToken(response.headers.link) } }];
	};

/** Reads pages until there are no more, or as many items as `Limit` asks for. */
export const paginate = (sizeName: string, reader: Reader) =>
	async function (
		this: IExecutePaginationFunctions,
		request: DeclarativeRestApiSettings.ResultOptions,
	): Promise<INodeExecutionData[]> {
		const returnAll = this.getNodeParameter('returnAll', false) as boolean;
		const limit = returnAll ? Infinity : (this.getNodeParameter('limit', 50) as number);
		const query = { ...request.options.qs, [sizeName]: Math.min(PAGE_SIZE, limit) } as IDataObject;
		const found: INodeExecutionData[] = [];
		let next: IDataObject | undefined = {};
		while (next && found.length < limit) {
			request.options.qs = { ...query, ...next };
			const pages: INodeExecutionData[] = await this.makeRoutingRequest(request);
			if (!pages.length) break;
			const page: Next = reader(pages[0].json, next);
			found.push(...page.items.map((json) => ({ json })));
			next = page.next;
		}
		return found.slice(0, limit);
	};

/** A list of the API, whole or up to a limit. */
export const list = (url: string): Routing => ({
	request: { method: 'GET', url },
	send: { paginate: true },
	operations: { pagination: paginate('limit', readList) },
});

/** A list of EPCIS, whole or up to a limit; `path` leads to its items in the answer. */
export const linkedList = (url: string, path: string[]): Routing => ({
	request: { method: 'GET', url },
	send: { paginate: true },
	operations: { pagination: paginate('perPage', readLinked) },
	output: { postReceive: [linkedPage(path)] },
});

/** The parameters of every list. */
export const listFields: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		displayOptions: { show: { returnAll: [false] } },
		default: 50,
		description: 'Max number of results to return',
	},
];

const ENDINGS: Record<string, string> = {
	'image/svg+xml': 'svg',
	'image/png': 'png',
	'application/pdf': 'pdf',
	'application/postscript': 'eps',
	'application/vnd.nfc.ndef': 'ndef',
	'text/csv': 'csv',
	'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
};

/** Puts a file into the binary property that `binaryProperty` names; an answer in JSON becomes an item. */
export const asFile = (name: string): PostReceiveAction =>
	async function (items, response) {
		const mediaType = String(response.headers['content-type'] ?? '')
			.split(';')[0]
			.trim();
		const content = Buffer.from(response.body as unknown as ArrayBuffer);
		if (/[/+]json$/.test(mediaType)) return [{ json: JSON.parse(content.toString('utf8')) as IDataObject }];
		const property = this.getNodeParameter('binaryProperty', 'data') as string;
		const fileName = `${name}.${ENDINGS[mediaType] ?? 'bin'}`;
		const binary = await this.helpers.prepareBinaryData(content, fileName, mediaType);
		return [{ json: items[0] ? { fileName, mediaType, size: content.length } : {}, binary: { [property]: binary } }];
	};

/** Takes each element of the member `property` of an answer as an item of its own. */
export const itemsOf = (property: string): PostReceiveAction => ({ type: 'rootProperty', properties: { property } });
