import type { INodeProperties } from 'n8n-workflow';
import { collection, flag, optionalText, requiredText } from '../shared/fields';
import { describeResource, type Operation } from '../shared/operations';
import { inBody, jsonInBody, write } from '../shared/requests';

const companyPrefixLength = (required: boolean): INodeProperties => ({
	displayName: 'Company Prefix Length',
	name: 'companyPrefixLength',
	type: 'number',
	typeOptions: { minValue: 6, maxValue: 12 },
	default: 7,
	required,
	description: 'How many digits the GS1 Company Prefix has',
	routing: inBody('companyPrefixLength'),
});

const KEYS =
	'cpi extension gcn gdti giai ginc gln grai gsin gsrn gsrnp gtin itip lot pgln piece serial sgcn sscc total tpx';

const EPC_TYPES = 'CPI GDTI GIAI GINC GRAI GSIN GSRN GSRNP ITIP LGTIN PGLN SGCN SGLN SGTIN SSCC UPUI'.split(' ');

const batchItems = (name: string, description: string): INodeProperties => ({
	displayName: 'Items (JSON)',
	name,
	type: 'json',
	default: '[]',
	required: true,
	description,
	routing: jsonInBody(name, 'items', 'Items'),
});

const operations: Operation[] = [
	{
		name: 'Decode Barcode',
		value: 'decodeBarcode',
		action: 'Decode a barcode',
		description: 'Read what a scanner gave: identifiers, values and what is wrong with them',
		routing: write('POST', '/api/v1/barcode/decode'),
		fields: [
			{ ...requiredText('Data', 'data'), description: 'The characters as scanned' },
			collection('Options', 'barcodeOptions', [
				optionalText('Barcode Type', 'barcodeType', 'The kind of symbol, if you know it'),
			]),
		],
	},
	{
		name: 'Decode EPC',
		value: 'decodeEpc',
		action: 'Decode an EPC',
		description: 'Read an EPC: URN, tag URI, tag memory in hexadecimal, GS1 Digital Link or element string',
		routing: write('POST', '/api/v1/epc/decode'),
		fields: [
			{ ...requiredText('Value', 'value'), placeholder: 'urn:epc:id:sgtin:9501101.053000.12345' },
			collection('Options', 'decodeOptions', [
				companyPrefixLength(false),
				flag('Verify Check Digit', 'verifyCheckDigit', 'a wrong check digit is refused'),
			]),
		],
	},
	{
		name: 'Encode EPC',
		value: 'encodeEpc',
		action: 'Encode an EPC',
		description: 'Write a GS1 key as an EPC: URN, GS1 Digital Link, element string and tag memory',
		routing: write('POST', '/api/v1/epc/encode'),
		fields: [
			{
				displayName: 'Type',
				name: 'epcType',
				type: 'options',
				options: EPC_TYPES.map((value) => ({ name: value, value })),
				default: 'SGTIN',
				required: true,
				routing: inBody('type'),
			},
			companyPrefixLength(true),
			collection(
				'Keys',
				'keys',
				KEYS.split(' ').map((name) =>
					optionalText(
						name.length > 5 || ['lot', 'piece', 'total'].includes(name)
							? name.charAt(0).toUpperCase() + name.slice(1)
							: name.toUpperCase(),
						name,
						`The ${name} of the thing`,
					),
				),
			),
			collection('Options', 'encodeOptions', [
				{ ...flag('Class Level', 'classLevel', 'to write the pattern that stands for all instances'), default: false },
				{
					displayName: 'Filter',
					name: 'filter',
					type: 'number',
					typeOptions: { minValue: 0, maxValue: 7 },
					default: 0,
					description: 'Filter value of the tag',
					routing: inBody('filter'),
				},
				optionalText('Tag Scheme', 'tagScheme', 'Tag encoding to use, such as sgtin-198'),
			]),
		],
	},
	{
		name: 'Validate Serial',
		value: 'validateSerial',
		action: 'Validate a serial number',
		description: 'Check GTIN, serial number, batch and expiry, and the rules of a country',
		routing: write('POST', '/api/v1/serial/validate'),
		fields: [
			collection('Keys', 'serialKeys', [
				optionalText('Batch', 'batch', 'Batch or lot number'),
				optionalText('Country Code', 'countryCode', 'Country whose rules count, as ISO 3166 code'),
				optionalText('Data', 'data', 'The characters as scanned, instead of single values'),
				optionalText('Expiration Date', 'expirationDate', 'As it stands in the code, YYMMDD'),
				optionalText('GTIN', 'gtin', 'The GTIN of the product'),
				optionalText('Serial', 'serial', 'The serial number'),
			]),
		],
	},
	...[
		{
			of: 'Decode Barcode',
			value: 'decodeBarcodes',
			action: 'Decode many barcodes',
			url: '/api/v1/barcode/decode',
			items: 'barcodeItems',
			member: 'data',
		},
		{
			of: 'Decode EPC',
			value: 'decodeEpcs',
			action: 'Decode many epcs',
			url: '/api/v1/epc/decode',
			items: 'decodeItems',
			member: 'value',
		},
		{
			of: 'Encode EPC',
			value: 'encodeEpcs',
			action: 'Encode many epcs',
			url: '/api/v1/epc/encode',
			items: 'encodeItems',
			member: 'type, companyPrefixLength, and the key',
		},
		{
			of: 'Validate Serial',
			value: 'validateSerials',
			action: 'Validate many serial numbers',
			url: '/api/v1/serial/validate',
			items: 'serialItems',
			member: 'gtin, serial, and what else is known',
		},
	].map(({ of, value, action, url, items, member }) => ({
		name: `${of} Batch`,
		value,
		action,
		description: `${of} for up to 1,000 items at once`,
		routing: write('POST', url),
		fields: [batchItems(items, `An array of objects with ${member}`)],
	})),
];

export const gs1Properties = describeResource('gs1', operations);
