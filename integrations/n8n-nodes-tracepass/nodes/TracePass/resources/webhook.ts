import type { INodeProperties } from 'n8n-workflow';
import { list, listFields } from '../shared/answers';
import { collection, filters, idField, optionalText, optionsOf, requiredText, segment } from '../shared/fields';
import { describeResource, type Operation } from '../shared/operations';
import { inBody, inQuery, read, write } from '../shared/requests';
import { eventTypeOptions } from '../shared/eventTypes';

const ADDRESS = `=/api/v1/webhooks/${segment('webhookId')}`;

const webhookId = idField('Webhook ID', 'webhookId');

const events: INodeProperties = {
	displayName: 'Events',
	name: 'webhookEvents',
	type: 'multiOptions',
	options: eventTypeOptions,
	default: ['passport.published'],
	required: true,
	description: 'What the webhook is told of',
	routing: inBody('events'),
};

const url = requiredText('URL', 'webhookUrl', 'url');

const description = optionalText('Description', 'description');

const operations: Operation[] = [
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many webhooks',
		description: 'List webhooks, newest first',
		routing: list('/api/v1/webhooks'),
		fields: [...listFields],
	},
	{
		name: 'Create',
		value: 'create',
		action: 'Create a webhook',
		description: 'Add an endpoint; the answer holds its secret, this once',
		routing: write('POST', '/api/v1/webhooks'),
		fields: [
			{ ...url, placeholder: 'https://erp.example.com/hooks/tracepass' },
			events,
			collection('Additional Fields', 'webhookFields', [description]),
		],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get a webhook',
		description: 'Read one webhook and how it does',
		routing: read(ADDRESS),
		fields: [webhookId],
	},
	{
		name: 'Update',
		value: 'update',
		action: 'Update a webhook',
		description: 'Change the members that are given, or bring a disabled webhook back',
		routing: write('PATCH', ADDRESS),
		fields: [
			webhookId,
			collection('Update Fields', 'updateFields', [
				description,
				{ ...events, name: 'events', required: undefined },
				{
					displayName: 'Status',
					name: 'status',
					type: 'options',
					options: optionsOf(['disabled', 'enabled']),
					default: 'enabled',
					routing: inBody('status'),
				},
				optionalText('URL', 'url'),
			]),
		],
	},
	{
		name: 'Delete',
		value: 'delete',
		action: 'Delete a webhook',
		description: 'Delete a webhook; what was still to be delivered is not',
		routing: write('DELETE', ADDRESS),
		fields: [webhookId],
	},
	{
		name: 'Rotate Secret',
		value: 'rotate',
		action: 'Rotate the secret of a webhook',
		description: 'Make a new secret; for 24 hours messages are signed with both',
		routing: write('POST', `${ADDRESS}/rotate`),
		fields: [webhookId],
	},
	{
		name: 'Test',
		value: 'test',
		action: 'Test a webhook',
		description: 'Send webhook.test to the endpoint',
		routing: write('POST', `${ADDRESS}/test`),
		fields: [webhookId],
	},
	{
		name: 'Get Deliveries',
		value: 'getDeliveries',
		action: 'Get deliveries of a webhook',
		description: 'What was sent in the last 30 days, with every attempt',
		routing: list(`${ADDRESS}/deliveries`),
		fields: [
			webhookId,
			...listFields,
			filters([
				{
					displayName: 'Status',
					name: 'status',
					type: 'options',
					options: optionsOf(['cancelled', 'failed', 'pending', 'succeeded']),
					default: 'failed',
					routing: inQuery('status'),
				},
			]),
		],
	},
	{
		name: 'Redeliver',
		value: 'redeliver',
		action: 'Redeliver an event',
		description: 'Send an event once more, at once',
		routing: write('POST', `${ADDRESS}/deliveries/${segment('deliveryId')}/redeliver`),
		fields: [webhookId, idField('Delivery ID', 'deliveryId')],
	},
];

export const webhookProperties = describeResource('webhook', operations);
