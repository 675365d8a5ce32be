import type { INodeProperties } from 'n8n-workflow';
import { asFile, linkedList, listFields } from '../shared/answers';
import { binaryField, collection, idField, requiredText, segment } from '../shared/fields';
import { describeResource, type Operation } from '../shared/operations';
import { download, inBody, inQuery, jsonAsBody, jsonInBody, read, uploadBinary, write } from '../shared/requests';
import { eventOptions, queriedEvents } from './eventOptions';
import { eventFilters } from './eventFilters';

const EPCIS = '/api/v1/epcis';

const json = (displayName: string, name: string, description: string): INodeProperties => ({
	displayName: `${displayName} (JSON)`,
	name,
	type: 'json',
	default: '{}',
	required: true,
	description,
	routing: jsonAsBody(name, displayName),
});

const epcisDocument = json('Document', 'document', 'An EPCISDocument, one event, or an array of events');
const event = json('Event', 'event', 'One event of EPCIS 2.0');
const captureId = idField('Capture Job ID', 'captureId');
const queryName = idField('Query Name', 'queryName', 'shipped-last-week');
const QUERY = `=${EPCIS}/queries/${segment('queryName')}`;

/** `Prefer: return=...` has no meaning here: an answer is a job, whose end `Get Capture Job` tells. */
const captureOptions = collection('Options', 'captureOptions', [
	{
		displayName: 'Confirm Overage',
		name: 'confirmOverage',
		type: 'boolean',
		default: false,
		description: 'Whether you agree to pay for events beyond the plan',
		routing: inQuery('confirmOverage'),
	},
	{
		displayName: 'On Error',
		name: 'onCaptureError',
		type: 'options',
		options: [
			{ name: 'Capture the Others', value: 'proceed' },
			{ name: 'Capture Nothing', value: 'rollback' },
		],
		default: 'rollback',
		description: 'What becomes of the other events if one is wrong',
		routing: { request: { headers: { 'GS1-Capture-Error-Behaviour': '={{ $value }}' } } },
	},
]);

const generateOptions: INodeProperties[] = [
	{
		displayName: 'Options (JSON)',
		name: 'generateOptions',
		type: 'json',
		default: '{}',
		description:
			'What to make up: seed, start, companyPrefix, gtin, items, cases, pallets, steps, locations, lot, notation, errors',
		routing: jsonAsBody('generateOptions', 'Options'),
	},
];

export const epcisEventProperties = describeResource('epcisEvent', [
	{
		name: 'Query',
		value: 'query',
		action: 'Query EPCIS events',
		description: 'Ask for events in the query language of the standard, each event an item',
		routing: linkedList(`${EPCIS}/events`, queriedEvents),
		fields: [...listFields, eventFilters, eventOptions],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get an EPCIS event',
		description: 'Read one event',
		routing: {
			...read(`=${EPCIS}/events/${segment('eventId')}`),
			output: { postReceive: [{ type: 'rootProperty', properties: { property: queriedEvents.join('.') } }] },
		},
		fields: [idField('Event ID', 'eventId', 'ni:///sha-256;...?ver=CBV2.0'), eventOptions],
	},
	{
		name: 'Capture',
		value: 'capture',
		action: 'Capture EPCIS events',
		description: 'Hand in a document of events; the answer is a job',
		routing: write('POST', `${EPCIS}/capture`),
		fields: [epcisDocument, captureOptions],
	},
	{
		name: 'Capture One',
		value: 'captureOne',
		action: 'Capture one EPCIS event',
		description: 'Hand in one event and get it back with its ID, at once',
		routing: write('POST', `${EPCIS}/events`),
		fields: [event],
	},
	{
		name: 'Get Capture Job',
		value: 'getCapture',
		action: 'Get a capture job',
		description: 'How far a job is, and what was wrong',
		routing: read(`=${EPCIS}/capture/${segment('captureId')}`),
		fields: [captureId],
	},
	{
		name: 'Get Capture Jobs',
		value: 'getCaptures',
		action: 'Get many capture jobs',
		description: 'List capture jobs, newest first',
		routing: linkedList(`${EPCIS}/capture`, []),
		fields: [...listFields],
	},
	{
		name: 'Analyze',
		value: 'analyze',
		action: 'Analyze EPCIS events',
		description: 'Find what is wrong with events; nothing is stored',
		routing: write('POST', `${EPCIS}/analyze`),
		fields: [epcisDocument],
	},
	{
		name: 'Generate',
		value: 'generate',
		action: 'Generate EPCIS events',
		description: 'Make up a chain of events for trying out; nothing is stored',
		routing: write('POST', `${EPCIS}/generate`),
		fields: generateOptions,
	},
	{
		name: 'Read Spreadsheet',
		value: 'readSpreadsheet',
		action: 'Read EPCIS events from a spreadsheet',
		description: 'Turn an xlsx or csv file into a document of events; nothing is stored',
		routing: write('POST', `${EPCIS}/from-spreadsheet`, uploadBinary),
		fields: [
			binaryField,
			collection('Options', 'spreadsheetOptions', [
				{
					displayName: 'Partial',
					name: 'partial',
					type: 'boolean',
					default: false,
					description: 'Whether to get a document of the events that are right, even if others are wrong',
					routing: inQuery('partial'),
				},
			]),
		],
	},
	{
		name: 'Get Spreadsheet Template',
		value: 'getSpreadsheetTemplate',
		action: 'Get the spreadsheet template',
		description: 'Download a spreadsheet to fill in',
		routing: { ...download(`${EPCIS}/spreadsheet-template`), output: { postReceive: [asFile('events')] } },
		fields: [
			{
				displayName: 'Format',
				name: 'spreadsheetFormat',
				type: 'options',
				options: ['csv', 'xlsx'].map((value) => ({ name: value.toUpperCase(), value })),
				default: 'xlsx',
				routing: inQuery('format'),
			},
			binaryField,
		],
	},
	{
		name: 'Create Query',
		value: 'createQuery',
		action: 'Create a named query',
		description: 'Give a query a name, to run it again or subscribe to it',
		routing: write('POST', `${EPCIS}/queries`),
		fields: [
			requiredText('Name', 'newQueryName', 'name'),
			{
				displayName: 'Query (JSON)',
				name: 'queryBody',
				type: 'json',
				default: '{}',
				required: true,
				description: 'The query: {"EQ_bizStep": ["shipping"]}',
				routing: jsonInBody('queryBody', 'query', 'Query'),
			},
		],
	},
	{
		name: 'Get Queries',
		value: 'getQueries',
		action: 'Get many named queries',
		description: 'List named queries',
		routing: linkedList(`${EPCIS}/queries`, []),
		fields: [...listFields],
	},
	{
		name: 'Get Query',
		value: 'getQuery',
		action: 'Get a named query',
		description: 'Read one named query',
		routing: read(QUERY),
		fields: [queryName],
	},
	{
		name: 'Delete Query',
		value: 'deleteQuery',
		action: 'Delete a named query',
		description: 'Delete a named query and its subscriptions',
		routing: write('DELETE', QUERY),
		fields: [queryName],
	},
	{
		name: 'Run Query',
		value: 'runQuery',
		action: 'Run a named query',
		description: 'Get the events that a named query finds, each event an item',
		routing: linkedList(`${QUERY}/events`, queriedEvents),
		fields: [queryName, ...listFields],
	},
	{
		name: 'Subscribe',
		value: 'subscribe',
		action: 'Subscribe to a named query',
		description: 'Have the events that a named query finds sent to an address, as they come or by schedule',
		routing: write('POST', `${QUERY}/subscriptions`),
		fields: [
			queryName,
			{
				displayName: 'Subscription (JSON)',
				name: 'subscription',
				type: 'json',
				default: '{\n  "dest": "https://example.com/epcis",\n  "stream": true\n}',
				required: true,
				description: 'The subscription: dest, and stream or schedule; signatureToken, reportIfEmpty, initialRecordTime',
				routing: jsonAsBody('subscription', 'Subscription'),
			},
		],
	},
	{
		name: 'Get Subscriptions',
		value: 'getSubscriptions',
		action: 'Get subscriptions of a named query',
		description: 'List the subscriptions to a named query',
		routing: linkedList(`${QUERY}/subscriptions`, []),
		fields: [queryName, ...listFields],
	},
	{
		name: 'Get Subscription',
		value: 'getSubscription',
		action: 'Get a subscription',
		description: 'Read one subscription',
		routing: read(`${QUERY}/subscriptions/${segment('subscriptionId')}`),
		fields: [queryName, idField('Subscription ID', 'subscriptionId')],
	},
	{
		name: 'Unsubscribe',
		value: 'unsubscribe',
		action: 'Unsubscribe from a named query',
		description: 'End a subscription',
		routing: write('DELETE', `${QUERY}/subscriptions/${segment('subscriptionId')}`),
		fields: [queryName, idField('Subscription ID', 'subscriptionId')],
	},
	{
		name: 'Get Visibility',
		value: 'getVisibility',
		action: 'Get which EPCIS events are public',
		description: 'Which business steps everybody may see in the history of a passport',
		routing: read(`${EPCIS}/visibility`),
	},
	{
		name: 'Set Visibility',
		value: 'setVisibility',
		action: 'Set which EPCIS events are public',
		description: 'Choose the business steps that everybody may see',
		routing: write('PUT', `${EPCIS}/visibility`),
		fields: [
			{
				displayName: 'Public Business Steps',
				name: 'publicBizSteps',
				type: 'string',
				typeOptions: { multipleValues: true },
				default: [],
				routing: inBody('publicBizSteps'),
			},
		],
	},
] satisfies Operation[]);
