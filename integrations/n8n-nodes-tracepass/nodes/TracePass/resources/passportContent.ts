import type { INodeProperties } from 'n8n-workflow';
import {
	collection,
	flag,
	language,
	languageOptions,
	ofPassport,
	optionalText,
	optionsOf,
	passportFields,
	segment,
} from '../shared/fields';
import type { Operation } from '../shared/operations';
import { inBody, jsonInBody, parseJson, read, write } from '../shared/requests';

const fieldKey: INodeProperties = {
	displayName: 'Field Key',
	name: 'fieldKey',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'battery_chemistry',
	description: 'Key of the field, from the template',
};

const FIELD = `/fields/${segment('fieldKey')}`;

/** A value as JSON where it is JSON, and as text where it is not. */
const value: INodeProperties = {
	displayName: 'Value',
	name: 'fieldValue',
	type: 'string',
	default: '',
	description:
		'The value: text as it is, numbers, true, false, null, lists and objects as JSON. Quote a text that looks like JSON.',
	routing: {
		send: {
			preSend: [
				async function (options) {
					const given = this.getNodeParameter('fieldValue') as unknown;
					const isJson = typeof given === 'string' && /^\s*(-?\d|[[{"]|(true|false|null)\s*$)/.test(given);
					const read = isJson && isParsable(given) ? parseJson(this, 'Value', given) : given;
					return { ...options, body: { ...(options.body as object), value: read } };
				},
			],
		},
	},
};

function isParsable(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

const sourceLocale = language('sourceLocale', 'The language that the value is written in', inBody('sourceLocale'));

const source: INodeProperties = {
	displayName: 'Source',
	name: 'source',
	type: 'options',
	options: optionsOf(['ai_approved', 'ai_suggested', 'manual', 'reference_db', 'supplier', 'system']),
	default: 'manual',
	description: 'Where the value comes from; what AI or suppliers suggest waits for review',
	routing: inBody('source'),
};

const locale: INodeProperties = {
	displayName: 'Language',
	name: 'locale',
	type: 'options',
	options: languageOptions,
	default: 'de',
	required: true,
	description: 'Language of the translation',
};

const TRANSLATION = `${FIELD}/translations/${segment('locale')}`;

const role: INodeProperties = {
	displayName: 'Role',
	name: 'role',
	type: 'options',
	options: [
		{ name: 'Authorised Representative', value: 'authorisedRepresentative' },
		{ name: 'Distributor', value: 'distributor' },
		{ name: 'Importer', value: 'importer' },
		{ name: 'Manufacturer', value: 'manufacturer' },
		{ name: 'Producer Responsibility Organisation', value: 'producerResponsibilityOrg' },
		{ name: 'Recycler', value: 'recycler' },
	],
	default: 'manufacturer',
	required: true,
};

const PARTY = `/parties/${segment('role')}`;

export const contentOperations: Operation[] = [
	{
		name: 'Update Fields',
		value: 'updateFields',
		action: 'Update fields of a passport',
		description: 'Write up to 200 values at once, all or none',
		routing: write('PATCH', ofPassport('/fields')),
		fields: [
			...passportFields,
			{
				displayName: 'Fields (JSON)',
				name: 'fieldsToWrite',
				type: 'json',
				default: '{}',
				required: true,
				description: 'Values by field key: {"battery_chemistry": {"value": "li_ion_lfp"}}',
				routing: jsonInBody('fieldsToWrite', 'fields', 'Fields'),
			},
		],
	},
	{
		name: 'Update Field',
		value: 'updateField',
		action: 'Update a field of a passport',
		description: 'Write one value',
		routing: write('PATCH', ofPassport(FIELD)),
		fields: [...passportFields, fieldKey, value, collection('Options', 'valueOptions', [source, sourceLocale])],
	},
	{
		name: 'Review Field',
		value: 'reviewField',
		action: 'Review a field of a passport',
		description: 'Approve, reject or flag a value',
		routing: write('POST', ofPassport(`${FIELD}/review`)),
		fields: [
			...passportFields,
			fieldKey,
			{
				displayName: 'Verdict',
				name: 'verdict',
				type: 'options',
				options: optionsOf(['approve', 'flag', 'reject']),
				default: 'approve',
				required: true,
				routing: inBody('action'),
			},
			collection('Options', 'reviewOptions', [optionalText('Note', 'note', 'Why')]),
		],
	},
	{
		name: 'Set Translation',
		value: 'setTranslation',
		action: 'Set a translation of a field',
		description: 'Write the translation of a value',
		routing: write('PUT', ofPassport(TRANSLATION)),
		fields: [...passportFields, fieldKey, locale, value],
	},
	{
		name: 'Delete Translation',
		value: 'deleteTranslation',
		action: 'Delete a translation of a field',
		description: 'Remove the translation of a value',
		routing: write('DELETE', ofPassport(TRANSLATION)),
		fields: [...passportFields, fieldKey, locale],
	},
	{
		name: 'Set Party',
		value: 'setParty',
		action: 'Set a party of a passport',
		description: 'Write who makes, imports, distributes or recycles; what is not given stays',
		routing: write('PATCH', ofPassport(PARTY)),
		fields: [
			...passportFields,
			role,
			collection('Party', 'party', [
				optionalText('Country', 'country', 'Country as ISO 3166 code'),
				optionalText('GLN', 'gln', 'Global Location Number'),
				optionalText('Legacy Operator ID', 'legacyOperatorId', 'An identifier of another register'),
				optionalText('Legal Name', 'legalName', 'The name as registered'),
				optionalText('URL', 'url', 'Address of a web page'),
			]),
		],
	},
	{
		name: 'Delete Party',
		value: 'deleteParty',
		action: 'Delete a party of a passport',
		description: 'Take a party out of a passport',
		routing: write('DELETE', ofPassport(PARTY)),
		fields: [...passportFields, role],
	},
	{
		name: 'Get Condition Flags',
		value: 'getConditionFlags',
		action: 'Get condition flags of a passport',
		description: 'What a battery is, which decides which fields it must have',
		routing: read(ofPassport('/condition-flags')),
		fields: passportFields,
	},
	{
		name: 'Set Condition Flags',
		value: 'setConditionFlags',
		action: 'Set condition flags of a passport',
		description: 'Say what a battery is',
		routing: write('PATCH', ofPassport('/condition-flags')),
		fields: [
			...passportFields,
			collection('Flags', 'flags', [
				flag('External Storage Only', 'externalStorageOnly', 'it has external storage only'),
				flag('Has BMS', 'hasBMS', 'it has a battery management system'),
				flag('Is Stationary BESS', 'isStationaryBess', 'it is a stationary battery energy storage system'),
				flag('Rechargeable', 'rechargeable', 'it can be recharged'),
				optionalText('Subcategory', 'subcategory', 'The kind of battery'),
			]),
		],
	},
];
