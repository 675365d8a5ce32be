import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';

/** The two ways in; the parameter `authentication` chooses. */
export const credentialsOf: INodeCredentialDescription[] = [
	{ name: 'tracePassApi', required: true, displayOptions: { show: { authentication: ['apiKey'] } } },
	{ name: 'tracePassOAuth2Api', required: true, displayOptions: { show: { authentication: ['oAuth2'] } } },
];

export const authenticationField: INodeProperties = {
	displayName: 'Authentication',
	name: 'authentication',
	type: 'options',
	options: [
		{ name: 'API Key', value: 'apiKey' },
		{ name: 'OAuth2', value: 'oAuth2' },
	],
	default: 'apiKey',
};
