import { collection, flag, ofPassport, passportFields } from '../shared/fields';
import type { Operation } from '../shared/operations';
import { inBody, write } from '../shared/requests';
import { expiresAt } from './passportBasics';

const move = (name: string, value: string, action: string, description: string): Operation => ({
	name,
	value,
	action,
	description,
	routing: write('POST', ofPassport(`/${value}`)),
	fields: passportFields,
});

export const stateOperations: Operation[] = [
	move('Submit', 'submit', 'Submit a passport', 'Hand a draft in for review'),
	move('Approve', 'approve', 'Approve a passport', 'Say that a passport may be published'),
	move('Reject', 'reject', 'Reject a passport', 'Send a passport back to draft'),
	{
		...move('Publish', 'publish', 'Publish a passport', 'Let anyone who scans the code read the passport'),
		fields: [
			...passportFields,
			collection('Options', 'publishOptions', [
				{
					...flag(
						'Acknowledge Gaps',
						'acknowledgeGaps',
						'to publish although values are missing that the law asks for',
					),
					default: false,
				},
				expiresAt,
			]),
		],
	},
	{
		...move('Suspend', 'suspend', 'Suspend a passport', 'Take a passport from the public for a while'),
		fields: [
			...passportFields,
			{ displayName: 'Reason', name: 'reason', type: 'string', default: '', required: true, routing: inBody('reason') },
		],
	},
	{
		...move('Republish', 'republish', 'Republish a passport', 'Show a suspended or expired passport again'),
		fields: [...passportFields, collection('Options', 'republishOptions', [expiresAt])],
	},
	move('Archive', 'archive', 'Archive a passport', 'End the life of a passport'),
	{
		name: 'Upgrade Template',
		value: 'upgradeTemplate',
		action: 'Upgrade the template of a passport',
		description: 'Move a passport on to a newer version of its template, a dry run first',
		routing: write('POST', ofPassport('/upgrade-template')),
		fields: [
			...passportFields,
			{
				displayName: 'Dry Run',
				name: 'upgradeDryRun',
				type: 'boolean',
				default: true,
				description: 'Whether to tell only what would change',
				routing: inBody('dryRun'),
			},
			collection('Options', 'upgradeOptions', [
				{
					displayName: 'Version',
					name: 'version',
					type: 'string',
					default: '',
					description: 'The version to move to, by default the newest',
					routing: inBody('version'),
				},
			]),
		],
	},
];
