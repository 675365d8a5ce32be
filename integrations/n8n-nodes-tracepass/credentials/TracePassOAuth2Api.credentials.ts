import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

const server = '$self["baseUrl"].replace(/\\/+$/, "")';

/** An application that acts for a person: authorization code with PKCE (S256), which the server asks of everyone. */
export class TracePassOAuth2Api implements ICredentialType {
	name = 'tracePassOAuth2Api';

	extends = ['oAuth2Api'];

	displayName = 'TracePass OAuth2 API';

	icon: Icon = { light: 'file:../icons/tracepass.svg', dark: 'file:../icons/tracepass.dark.svg' };

	documentationUrl = 'https://tracepass.example/docs/n8n#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'https://tracepass.example.com',
			description: 'Address of your TracePass server, without /api/v1',
		},
		{ displayName: 'Grant Type', name: 'grantType', type: 'hidden', default: 'pkce' },
		{
			displayName: 'Authorization URL',
			name: 'authUrl',
			type: 'hidden',
			default: `={{${server}}}/api/oauth/authorize`,
			required: true,
		},
		{
			displayName: 'Access Token URL',
			name: 'accessTokenUrl',
			type: 'hidden',
			default: `={{${server}}}/api/oauth/token`,
			required: true,
		},
		{
			displayName: 'Scope',
			name: 'scope',
			type: 'string',
			default:
				'products:read products:write passports:read passports:write templates:read epcis:read epcis:write webhooks:manage offline_access',
			description: 'What the application may do, separated by spaces. Keep offline_access, or it stops after an hour.',
		},
		{ displayName: 'Auth URI Query Parameters', name: 'authQueryParameters', type: 'hidden', default: '' },
		{ displayName: 'Authentication', name: 'authentication', type: 'hidden', default: 'header' },
	];
}
