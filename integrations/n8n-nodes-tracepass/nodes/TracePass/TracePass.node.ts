import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
import { epcisEventProperties } from './resources/epcisEvent';
import { gs1Properties } from './resources/gs1';
import { passportProperties } from './resources/passport';
import { productProperties } from './resources/product';
import { templateProperties } from './resources/template';
import { webhookProperties } from './resources/webhook';
import { authenticationField, credentialsOf } from './shared/credentials';
import { idempotencyProperty } from './shared/requests';

export class TracePass implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'TracePass',
		name: 'tracePass',
		icon: { light: 'file:../../icons/tracepass.svg', dark: 'file:../../icons/tracepass.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{$parameter["operation"] + ": " + $parameter["resource"]}}',
		description: 'Make, fill, publish and trace digital product passports',
		defaults: { name: 'TracePass' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialsOf,
		requestDefaults: {
			baseURL: '={{ $credentials.baseUrl.replace(/\\/+$/, "") }}',
			headers: { Accept: 'application/json' },
		},
		properties: [
			authenticationField,
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{
						name: 'EPCIS Event',
						value: 'epcisEvent',
						description: 'What happened to which things, when, where and why',
					},
					{ name: 'GS1', value: 'gs1', description: 'EPCs, barcodes and serial numbers' },
					{ name: 'Passport', value: 'passport', description: 'Digital product passports' },
					{ name: 'Product', value: 'product', description: 'What all passports of a product share' },
					{ name: 'Template', value: 'template', description: 'What a passport of each category must say' },
					{ name: 'Webhook', value: 'webhook', description: 'Who is told of what happens' },
				],
				default: 'passport',
			},
			...productProperties,
			...passportProperties,
			...epcisEventProperties,
			...templateProperties,
			...webhookProperties,
			...gs1Properties,
			idempotencyProperty,
		],
	};
}
