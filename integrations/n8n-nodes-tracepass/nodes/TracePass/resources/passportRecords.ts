import type { INodeProperties } from 'n8n-workflow';
import { asFile, linkedList, list, listFields } from '../shared/answers';
import { binaryField, collection, filters, ofPassport, passportFields, segment } from '../shared/fields';
import type { Operation } from '../shared/operations';
import { download, inQuery, read } from '../shared/requests';
import { eventList, eventOptions } from './eventOptions';

const number = (displayName: string, name: string, value: number, description: string): INodeProperties => ({
	displayName,
	name,
	type: 'number',
	default: value,
	description,
	routing: inQuery(name),
});

const qrOptions = collection('Options', 'qrOptions', [
	{
		displayName: 'Background Color',
		name: 'backgroundColor',
		type: 'color',
		default: '#ffffff',
		routing: inQuery('backgroundColor'),
	},
	number('Border', 'border', 4, 'Quiet zone in modules'),
	{ displayName: 'Color', name: 'color', type: 'color', default: '#000000', routing: inQuery('color') },
	number('DPI', 'dpi', 300, 'Pixels an inch'),
	{
		displayName: 'Error Correction',
		name: 'ecc',
		type: 'options',
		options: ['L', 'M', 'Q', 'H'].map((value) => ({ name: value, value })),
		default: 'M',
		description: 'Error correction of QR Codes, from 7 % to 30 %',
		routing: inQuery('ecc'),
	},
	number('Scale', 'scale', 8, 'Pixels a module'),
	{
		displayName: 'Symbology',
		name: 'symbology',
		type: 'options',
		options: [
			{ name: 'Data Matrix', value: 'datamatrix' },
			{ name: 'GS1 DataMatrix', value: 'gs1datamatrix' },
			{ name: 'GS1 QR Code', value: 'gs1qr' },
			{ name: 'QR Code', value: 'qr' },
		],
		default: 'qr',
		routing: inQuery('symbology'),
	},
	{
		displayName: 'Use Company Branding',
		name: 'useCompanyBranding',
		type: 'boolean',
		default: false,
		description: 'Whether to take the colours of the workspace',
		routing: inQuery('useCompanyBranding'),
	},
]);

export const recordOperations: Operation[] = [
	{
		name: 'Get Code',
		value: 'getQr',
		action: 'Get the code of a passport',
		description: 'Draw the QR Code or Data Matrix of a passport, or get what it says',
		routing: { ...download(ofPassport('/qr')), output: { postReceive: [asFile('code')] } },
		fields: [
			...passportFields,
			{
				displayName: 'Format',
				name: 'codeFormat',
				type: 'options',
				options: ['eps', 'json', 'ndef', 'pdf', 'png', 'svg'].map((value) => ({ name: value.toUpperCase(), value })),
				default: 'png',
				description: 'What kind of file to get; JSON is an item without a file',
				routing: inQuery('format'),
			},
			binaryField,
			qrOptions,
		],
	},
	{
		name: 'Get Compliance',
		value: 'getCompliance',
		action: 'Get compliance of a passport',
		description: 'Whether a passport says all that the law asks of it, and what is missing',
		routing: read(ofPassport('/compliance')),
		fields: passportFields,
	},
	{
		name: 'Count Compliance',
		value: 'countCompliance',
		action: 'Count compliance of passports',
		description: 'How many passports are compliant, and which rules the others break',
		routing: read('/api/v1/compliance'),
		fields: [
			filters([
				{ displayName: 'Category', name: 'category', type: 'string', default: '', routing: inQuery('category') },
				{ displayName: 'Product ID', name: 'productId', type: 'string', default: '', routing: inQuery('productId') },
			]),
		],
	},
	{
		name: 'Get Registry Readiness',
		value: 'getRegistryReadiness',
		action: 'Get registry readiness of a passport',
		description: 'Whether a passport can be registered with the Union',
		routing: read(ofPassport('/registry-readiness')),
		fields: passportFields,
	},
	{
		name: 'Get Snapshots',
		value: 'getSnapshots',
		action: 'Get snapshots of a passport',
		description: 'The versions of a passport, newest first',
		routing: list(ofPassport('/snapshots')),
		fields: [...passportFields, ...listFields],
	},
	{
		name: 'Get Snapshot At',
		value: 'getSnapshotAt',
		action: 'Get the snapshot of a passport at a time',
		description: 'A passport as it was at an instant',
		routing: read(ofPassport('/snapshots')),
		fields: [
			...passportFields,
			{
				displayName: 'At',
				name: 'snapshotAt',
				type: 'dateTime',
				default: '',
				required: true,
				routing: { send: { type: 'query', property: 'at', value: '={{ new Date($value).toISOString() }}' } },
			},
		],
	},
	{
		name: 'Get Snapshot',
		value: 'getSnapshot',
		action: 'Get a snapshot of a passport',
		description: 'A passport as it was in one version',
		routing: read(ofPassport(`/snapshots/${segment('snapshotId')}`)),
		fields: [
			...passportFields,
			{
				displayName: 'Snapshot ID or Version',
				name: 'snapshotId',
				type: 'string',
				default: '',
				required: true,
				description: 'ID of the snapshot, or the version number of the passport',
			},
		],
	},
	{
		name: 'Get History',
		value: 'getHistory',
		action: 'Get the history of a passport',
		description: 'Who changed what and when, newest first',
		routing: list(ofPassport('/history')),
		fields: [...passportFields, ...listFields],
	},
	{
		name: 'Get Scans',
		value: 'getScans',
		action: 'Get scans of a passport',
		description: 'How often the code was scanned, by day, language and device',
		routing: read(ofPassport('/scans')),
		fields: passportFields,
	},
	{
		name: 'Get Events',
		value: 'getEvents',
		action: 'Get EPCIS events of a passport',
		description: 'The history of a passport as EPCIS events: its own and those that were captured',
		routing: linkedList(ofPassport('/epcis'), eventList),
		fields: [...passportFields, ...listFields, eventOptions],
	},
];
