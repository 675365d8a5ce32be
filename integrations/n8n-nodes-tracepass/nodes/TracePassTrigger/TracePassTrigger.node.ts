import {
	NodeConnectionTypes,
	type IDataObject,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { authenticationField, credentialsOf } from '../TracePass/shared/credentials';
import { eventTypeOptions } from '../TracePass/shared/eventTypes';
import { isRegistered, register, unregister, type Memory } from './registration';
import { isFromTracePass } from './signature';

/** How many events a trigger remembers, to take each once. */
const REMEMBERED = 500;

export class TracePassTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'TracePass Trigger',
		name: 'tracePassTrigger',
		icon: { light: 'file:../../icons/tracepass.svg', dark: 'file:../../icons/tracepass.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{$parameter["events"].join(", ")}}',
		description: 'Starts the workflow when something happens to a passport',
		defaults: { name: 'TracePass Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialsOf,
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
		properties: [
			authenticationField,
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				options: eventTypeOptions,
				default: ['passport.published'],
				required: true,
				description: 'What starts the workflow',
			},
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add Option',
				default: {},
				options: [
					{
						displayName: 'Take Repetitions',
						name: 'takeRepetitions',
						type: 'boolean',
						default: false,
						description: 'Whether an event that comes a second time starts the workflow again',
					},
				],
			},
		],
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await isRegistered.call(this);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await register.call(this);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await unregister.call(this);
			},
		},
	};

	/** Refuses what is not signed; takes each event once, and only those that were asked for. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const memory = this.getWorkflowStaticData('node') as Memory;
		if (!isSigned(this, memory)) {
			this.getResponseObject().status(401).json({ error: 'invalid_signature', message: 'The signature is not right.' });
			return { noWebhookResponse: true };
		}
		const event = this.getBodyData();
		const asked = this.getNodeParameter('events') as string[];
		const isAsked = asked.includes('*') || asked.includes(event.type as string);
		const { takeRepetitions } = this.getNodeParameter('options', {}) as { takeRepetitions?: boolean };
		if (!isAsked || (!remember(memory, event.id as string) && !takeRepetitions)) return { webhookResponse: 'ignored' };
		return { workflowData: [this.helpers.returnJsonArray(event as IDataObject)] };
	}
}

function isSigned(context: IWebhookFunctions, memory: Memory): boolean {
	const headers = context.getHeaderData() as Record<string, string | undefined>;
	const body = context.getRequestObject().rawBody;
	const [timestamp, signature] = [headers['x-tracepass-timestamp'] ?? '', headers['x-tracepass-signature'] ?? ''];
	return Buffer.isBuffer(body) && isFromTracePass(body, timestamp, signature, memory.secret ?? '', Date.now());
}

/** Whether the event is new; from now on it is not. */
function remember(memory: Memory, id: string): boolean {
	const seen = memory.seen ?? [];
	if (seen.includes(id)) return false;
	memory.seen = [...seen, id].slice(-REMEMBERED);
	return true;
}
