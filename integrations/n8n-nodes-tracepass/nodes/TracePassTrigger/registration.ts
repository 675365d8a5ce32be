import type { IDataObject, IHookFunctions, IHttpRequestMethods } from 'n8n-workflow';

/** What a trigger remembers of the webhook that it made, and of the events it took. */
export interface Memory extends IDataObject {
	webhookId?: string;
	secret?: string;
	seen?: string[];
}

async function call(
	context: IHookFunctions,
	method: IHttpRequestMethods,
	path: string,
	more: { body?: IDataObject; qs?: IDataObject } = {},
): Promise<{ status: number; body: IDataObject }> {
	const name = context.getNodeParameter('authentication') === 'oAuth2' ? 'tracePassOAuth2Api' : 'tracePassApi';
	const { baseUrl } = await context.getCredentials<{ baseUrl: string }>(name);
	const answer = await context.helpers.httpRequestWithAuthentication.call(context, name, {
		method,
		url: `${baseUrl.replace(/\/+$/, '')}/api/v1/webhooks${path}`,
		json: true,
		returnFullResponse: true,
		ignoreHttpStatusErrors: { ignore: true, except: [400, 401, 402, 403, 409, 412, 415, 422, 429, 500, 502, 503, 504] },
		...more,
	});
	return { status: answer.statusCode as number, body: answer.body as IDataObject };
}

const wanted = (context: IHookFunctions): string[] => context.getNodeParameter('events') as string[];

const isSame = (one: string[], other: string[]): boolean => [...one].sort().join() === [...other].sort().join();

/** Forgets a webhook that is no longer what the node says; one that nobody can verify is no use either. */
async function deleteWebhook(context: IHookFunctions, id: string): Promise<void> {
	await call(context, 'DELETE', `/${encodeURIComponent(id)}`);
}

/** Whether the webhook that the trigger made is still there and as it should be. What is not is removed. */
export async function isRegistered(this: IHookFunctions): Promise<boolean> {
	const memory = this.getWorkflowStaticData('node') as Memory;
	if (!memory.webhookId) return false;
	const { status, body } = await call(this, 'GET', `/${encodeURIComponent(memory.webhookId)}`);
	const isThere = status === 200;
	const isRight =
		body.url === this.getNodeWebhookUrl('default') &&
		body.status === 'enabled' &&
		isSame(body.events as string[], wanted(this));
	if (isThere && isRight && memory.secret) return true;
	if (isThere) await deleteWebhook(this, memory.webhookId);
	delete memory.webhookId;
	delete memory.secret;
	return false;
}

/** Makes a webhook for the address of this trigger and remembers its secret, which is told once. */
export async function register(this: IHookFunctions): Promise<boolean> {
	const url = this.getNodeWebhookUrl('default');
	await removeStrays(this, url);
	const description = `n8n: ${this.getWorkflow().name ?? this.getWorkflow().id}, ${this.getNode().name}`;
	const { body } = await call(this, 'POST', '', { body: { url, events: wanted(this), description } });
	const memory = this.getWorkflowStaticData('node') as Memory;
	memory.webhookId = body._id as string;
	memory.secret = body.secret as string;
	return true;
}

/** Removes webhooks for the same address that an n8n left which could not say goodbye: their secrets are lost. */
async function removeStrays(context: IHookFunctions, url: string | undefined): Promise<void> {
	const { body } = await call(context, 'GET', '', { qs: { limit: 100 } });
	const { items } = body.data as { items: Array<{ _id: string; url: string }> };
	for (const { _id } of items.filter((webhook) => webhook.url === url)) await deleteWebhook(context, _id);
}

/** Removes the webhook. One that somebody else removed already is as good as removed. */
export async function unregister(this: IHookFunctions): Promise<boolean> {
	const memory = this.getWorkflowStaticData('node') as Memory;
	if (memory.webhookId) await deleteWebhook(this, memory.webhookId);
	delete memory.webhookId;
	delete memory.secret;
	return true;
}
