import type { INodeProperties } from 'n8n-workflow';
import { list, listFields } from '../shared/answers';
import {
	collection,
	flag,
	idField,
	ofPassport,
	optionalText,
	optionsOf,
	passportFields,
	segment,
} from '../shared/fields';
import type { Operation } from '../shared/operations';
import { inBody, jsonInBody, read, write } from '../shared/requests';

const at: INodeProperties = {
	displayName: 'At',
	name: 'happenedAt',
	type: 'dateTime',
	default: '',
	required: true,
	description: 'When it happened',
	routing: { send: { type: 'body', property: 'at', value: '={{ new Date($value).toISOString() }}' } },
};

const isPublic = flag('Public', 'public', 'everybody may see it');

const json = (
	displayName: string,
	parent: string,
	name: string,
	description: string,
	value = '{}',
): INodeProperties => ({
	displayName: `${displayName} (JSON)`,
	name,
	type: 'json',
	default: value,
	description,
	routing: jsonInBody(`${parent}.${name}`, name, displayName),
});

const owner = (displayName: string, name: string, property: string): INodeProperties => ({
	displayName: `${displayName} (JSON)`,
	name,
	type: 'json',
	default: '{"type": "company", "legalName": ""}',
	required: true,
	description: 'The owner: type (company or private), legalName, gln, country',
	routing: jsonInBody(name, property, displayName),
});

const kindOf = (name: string, values: string[], initial: string): INodeProperties => ({
	displayName: 'Kind',
	name,
	type: 'options',
	options: optionsOf(values),
	default: initial,
	required: true,
	routing: inBody('kind'),
});

const SERVICE = '/service-events';
const TRANSFERS = '/ownership-transfers';
const serviceEventId = idField('Service Event ID', 'serviceEventId');
const transferId = idField('Ownership Transfer ID', 'transferId');
const correction = 'That it was recorded wrongly: {"reason": "incorrect_data", "correctiveIds": []}';
const documents = 'Documents: [{"fileId": "..."}]';

export const lifeOperations: Operation[] = [
	{
		name: 'Get Service Events',
		value: 'getServiceEvents',
		action: 'Get service events of a passport',
		description: 'What was done to the product, newest first',
		routing: list(ofPassport(SERVICE)),
		fields: [...passportFields, ...listFields],
	},
	{
		name: 'Create Service Event',
		value: 'createServiceEvent',
		action: 'Create a service event of a passport',
		description: 'Record that a product was inspected, repaired, refurbished and so on',
		routing: write('POST', ofPassport(SERVICE)),
		fields: [
			...passportFields,
			at,
			kindOf(
				'serviceKind',
				[
					'inspection',
					'maintenance',
					'other',
					'part_replacement',
					'recycling',
					'refurbishment',
					'remanufacturing',
					'repair',
					'repurposing',
					'upgrade',
				],
				'inspection',
			),
			collection('Additional Fields', 'serviceFields', [
				optionalText('Description', 'description'),
				json('Documents', 'serviceFields', 'documents', documents, '[]'),
				json('Parts', 'serviceFields', 'parts', 'Parts that were replaced', '[]'),
				json('Performed By', 'serviceFields', 'performedBy', 'Who did it: {"legalName": "..."}'),
				json('Place', 'serviceFields', 'place', 'Where: {"name": "...", "country": "DE"}'),
				isPublic,
				optionalText('Reference', 'reference'),
				optionalText('Source Locale', 'sourceLocale'),
			]),
		],
	},
	{
		name: 'Get Service Event',
		value: 'getServiceEvent',
		action: 'Get a service event of a passport',
		description: 'Read one service event',
		routing: read(ofPassport(`${SERVICE}/${segment('serviceEventId')}`)),
		fields: [...passportFields, serviceEventId],
	},
	{
		name: 'Update Service Event',
		value: 'updateServiceEvent',
		action: 'Update a service event of a passport',
		description: 'Show, hide or correct a service event',
		routing: write('PATCH', ofPassport(`${SERVICE}/${segment('serviceEventId')}`)),
		fields: [
			...passportFields,
			serviceEventId,
			collection('Update Fields', 'updateFields', [
				isPublic,
				json('Error Declaration', 'updateFields', 'errorDeclaration', correction),
			]),
		],
	},
	{
		name: 'Get Ownership Transfers',
		value: 'getTransfers',
		action: 'Get ownership transfers of a passport',
		description: 'Through whose hands the product went, newest first',
		routing: list(ofPassport(TRANSFERS)),
		fields: [...passportFields, ...listFields],
	},
	{
		name: 'Create Ownership Transfer',
		value: 'createTransfer',
		action: 'Create an ownership transfer of a passport',
		description: 'Record that a product was sold, given, leased or returned',
		routing: write('POST', ofPassport(TRANSFERS)),
		fields: [
			...passportFields,
			at,
			kindOf(
				'transferKind',
				['sale', 'gift', 'inheritance', 'lease', 'lease_end', 'other', 'return', 'trade_in'],
				'sale',
			),
			owner('From', 'fromOwner', 'from'),
			owner('To', 'toOwner', 'to'),
			collection('Additional Fields', 'transferFields', [
				json('Documents', 'transferFields', 'documents', documents, '[]'),
				isPublic,
				optionalText('Reference', 'reference'),
			]),
		],
	},
	{
		name: 'Get Ownership Transfer',
		value: 'getTransfer',
		action: 'Get an ownership transfer of a passport',
		description: 'Read one ownership transfer',
		routing: read(ofPassport(`${TRANSFERS}/${segment('transferId')}`)),
		fields: [...passportFields, transferId],
	},
	{
		name: 'Update Ownership Transfer',
		value: 'updateTransfer',
		action: 'Update an ownership transfer of a passport',
		description: 'Show, hide or correct an ownership transfer',
		routing: write('PATCH', ofPassport(`${TRANSFERS}/${segment('transferId')}`)),
		fields: [
			...passportFields,
			transferId,
			collection('Update Fields', 'updateFields', [
				isPublic,
				json('Error Declaration', 'updateFields', 'errorDeclaration', correction),
			]),
		],
	},
];
