import type { INodeProperties } from 'n8n-workflow';
import { filters } from '../shared/fields';
import { inQuery, inQueryJoined, jsonInQuery } from '../shared/requests';

const several = (displayName: string, name: string, description: string): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	description: `${description}; several with | between`,
	routing: inQuery(name),
});

const moment = (displayName: string, name: string): INodeProperties => ({
	displayName,
	name,
	type: 'dateTime',
	default: '',
	routing: { send: { type: 'query', property: name, value: '={{ new Date($value).toISOString() }}' } },
});

const choices = (displayName: string, name: string, values: string[]): INodeProperties => ({
	displayName,
	name,
	type: 'multiOptions',
	options: values.map((value) => ({ name: value, value })),
	default: [],
	routing: inQueryJoined(name),
});

const more: INodeProperties = {
	displayName: 'Other Parameters (JSON)',
	name: 'otherParameters',
	type: 'json',
	default: '{}',
	description: 'Any other parameters of the query: {"EQ_transformationID": "..."}',
	routing: jsonInQuery('filters.otherParameters', 'Other Parameters'),
};

/** The parameters of a query that are asked for most; all others by name. */
export const eventFilters: INodeProperties = filters([
	choices('Action', 'EQ_action', ['ADD', 'DELETE', 'OBSERVE']),
	several('Any EPC', 'MATCH_anyEPC', 'Things, as URIs or EPC patterns'),
	several('Any EPC Class', 'MATCH_anyEPCClass', 'Classes of things'),
	several('Business Location', 'EQ_bizLocation', 'Where it is after the event'),
	several('Business Step', 'EQ_bizStep', 'Business steps, as bare names or URIs'),
	several('Disposition', 'EQ_disposition', 'Dispositions'),
	several('EPC', 'MATCH_epc', 'Objects and children, as URIs or EPC patterns'),
	several('Event ID', 'EQ_eventID', 'IDs of events'),
	choices('Event Type', 'eventType', [
		'AggregationEvent',
		'AssociationEvent',
		'ObjectEvent',
		'TransactionEvent',
		'TransformationEvent',
	]),
	moment('From Event Time', 'GE_eventTime'),
	moment('From Record Time', 'GE_recordTime'),
	several('Parent ID', 'MATCH_parentID', 'Parents'),
	several('Read Point', 'EQ_readPoint', 'Where it was seen'),
	{
		displayName: 'Order By',
		name: 'orderBy',
		type: 'options',
		options: [
			{ name: 'Event Time', value: 'eventTime' },
			{ name: 'Record Time', value: 'recordTime' },
		],
		default: 'eventTime',
		routing: inQuery('orderBy'),
	},
	{
		displayName: 'Order Direction',
		name: 'orderDirection',
		type: 'options',
		options: [
			{ name: 'Newest First', value: 'DESC' },
			{ name: 'Oldest First', value: 'ASC' },
		],
		default: 'DESC',
		routing: inQuery('orderDirection'),
	},
	moment('Until Event Time', 'LT_eventTime'),
	moment('Until Record Time', 'LT_recordTime'),
	more,
]);
