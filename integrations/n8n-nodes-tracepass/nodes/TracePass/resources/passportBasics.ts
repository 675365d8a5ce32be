import type { INodeProperties } from 'n8n-workflow';
import { asFile, list, listFields } from '../shared/answers';
import {
	binaryField,
	collection,
	filters,
	flag,
	idField,
	language,
	ofPassport,
	optionsOf,
	passportFields,
	requiredText,
} from '../shared/fields';
import type { Operation } from '../shared/operations';
import { download, inBody, inQuery, jsonAsBody, jsonInBody, read, write } from '../shared/requests';

const granularities = optionsOf(['batch', 'item', 'model']);
const states = optionsOf(['approved', 'archived', 'draft', 'expired', 'in_review', 'published', 'suspended']);

const text = (displayName: string, name: string, property: string, description: string): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	description,
	routing: inBody(property),
});

const json = (displayName: string, name: string, description: string): INodeProperties => ({
	displayName: `${displayName} (JSON)`,
	name,
	type: 'json',
	default: '{}',
	description,
	routing: jsonInBody(`additionalFields.${name}`, name, displayName),
});

const listFilters = filters([
	{
		displayName: 'Category',
		name: 'category',
		type: 'string',
		default: '',
		placeholder: 'battery',
		routing: inQuery('category'),
	},
	{
		displayName: 'Granularity',
		name: 'granularity',
		type: 'options',
		options: granularities,
		default: 'item',
		routing: inQuery('granularity'),
	},
	{ displayName: 'Product ID', name: 'productId', type: 'string', default: '', routing: inQuery('productId') },
	{
		displayName: 'Search',
		name: 'search',
		type: 'string',
		default: '',
		description: 'The beginning of a GTIN or serial number, or any part of it from 3 characters on',
		routing: inQuery('search'),
	},
	{
		displayName: 'Sort',
		name: 'sort',
		type: 'options',
		options: [
			{ name: 'Created, Newest First', value: '-createdAt' },
			{ name: 'Created, Oldest First', value: 'createdAt' },
			{ name: 'Updated, Newest First', value: '-updatedAt' },
			{ name: 'Updated, Oldest First', value: 'updatedAt' },
		],
		default: '-createdAt',
		routing: inQuery('sort'),
	},
	{
		displayName: 'Status',
		name: 'status',
		type: 'options',
		options: states,
		default: 'published',
		routing: inQuery('status'),
	},
	{
		displayName: 'Updated Since',
		name: 'updatedSince',
		type: 'dateTime',
		default: '',
		routing: { send: { type: 'query', property: 'updatedSince', value: '={{ new Date($value).toISOString() }}' } },
	},
]);

export const expiresAt: INodeProperties = {
	displayName: 'Expires At',
	name: 'expiresAt',
	type: 'dateTime',
	default: '',
	description: 'When the passport is no longer valid',
	routing: { send: { type: 'body', property: 'expiresAt', value: '={{ new Date($value).toISOString() }}' } },
};

const confirmOverage: INodeProperties = {
	...flag('Confirm Overage', 'confirmOverage', 'you agree to pay for passports beyond the plan'),
	default: false,
};

export const basicOperations: Operation[] = [
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many passports',
		description: 'List passports, newest first',
		routing: list('/api/v1/passports'),
		fields: [...listFields, listFilters],
	},
	{
		name: 'Create',
		value: 'create',
		action: 'Create a passport',
		description: 'Make a draft for a model, a batch or an item of a product',
		routing: write('POST', '/api/v1/passports'),
		fields: [
			{ ...idField('Product ID', 'newProductId'), routing: inBody('productId') },
			{ ...requiredText('GTIN', 'gtin', 'gs1.gtin'), placeholder: '04012345000016' },
			collection('Additional Fields', 'additionalFields', [
				confirmOverage,
				expiresAt,
				json('Fields', 'fields', 'Values by field key: {"battery_chemistry": {"value": "li_ion_lfp"}}'),
				{
					displayName: 'Granularity',
					name: 'granularity',
					type: 'options',
					options: granularities,
					default: 'item',
					routing: inBody('granularity'),
				},
				json(
					'Lineage',
					'lineage',
					'What an earlier life of a battery was: {"kind": "repurposing", "predecessors": [...]}',
				),
				text('Lot', 'lot', 'gs1.lot', 'Batch or lot number'),
				json('Parties', 'parties', 'Economic operators by role: {"manufacturer": {"legalName": "Voltwerk GmbH"}}'),
				text('Serial Number', 'newSerialNumber', 'gs1.serialNumber', 'Serial number of the item'),
			]),
		],
	},
	{
		name: 'Create Batch',
		value: 'createBatch',
		action: 'Create many passports',
		description: 'Make up to 100 passports; each succeeds or fails by itself',
		routing: write('POST', '/api/v1/passports/batch'),
		fields: [
			{
				displayName: 'Passports (JSON)',
				name: 'passports',
				type: 'json',
				default: '[]',
				required: true,
				description: 'An array of passports: productId, gs1, and what else a passport is made of',
				routing: jsonInBody('passports', 'passports', 'Passports'),
			},
			confirmOverage,
		],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get a passport',
		description: 'Read one passport',
		routing: read(ofPassport()),
		fields: [
			...passportFields,
			collection('Options', 'passportOptions', [
				{
					displayName: 'Full',
					name: 'format',
					type: 'boolean',
					default: true,
					description: 'Whether each field comes with its label, unit and section',
					routing: { send: { type: 'query', property: 'format', value: '={{ $value ? "full" : undefined }}' } },
				},
				language('lang', 'The language of labels', inQuery('lang')),
			]),
		],
	},
	{
		name: 'Get Credential',
		value: 'getCredential',
		action: 'Get a passport as credential',
		description: 'Get what is public of a passport as a signed W3C Verifiable Credential',
		routing: {
			request: { method: 'GET', url: ofPassport(), qs: { format: 'vc' }, json: false },
			output: { postReceive: [{ type: 'set', properties: { value: '={{ { credential: $response.body } }}' } }] },
		},
		fields: passportFields,
	},
	{
		name: 'Delete',
		value: 'delete',
		action: 'Delete a passport',
		description: 'Delete a draft',
		routing: write('DELETE', ofPassport()),
		fields: passportFields,
	},
	{
		name: 'Print Labels',
		value: 'printLabels',
		action: 'Print labels of passports',
		description: 'Get a PDF with the codes of up to 1,000 passports, on sheets or rolls',
		routing: { ...download('/api/v1/passports/labels', 'POST'), output: { postReceive: [asFile('labels')] } },
		fields: [
			{
				displayName: 'Labels (JSON)',
				name: 'labels',
				type: 'json',
				default: '{\n  "passportIds": [],\n  "labelFormat": "avery-l7160"\n}',
				required: true,
				description:
					'Which passports, on which labels: passportIds, serials or filter; labelFormat or customFormat; symbology, text, copies',
				routing: jsonAsBody('labels', 'Labels'),
			},
			binaryField,
		],
	},
	{
		name: 'Get Label Formats',
		value: 'getLabelFormats',
		action: 'Get label formats',
		description: 'List the sheets and rolls that labels can be printed on',
		routing: {
			...read('/api/v1/label-formats'),
			output: { postReceive: [{ type: 'rootProperty', properties: { property: 'labelFormats' } }] },
		},
	},
];
