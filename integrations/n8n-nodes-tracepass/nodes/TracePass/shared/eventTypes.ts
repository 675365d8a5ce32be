import type { INodePropertyOptions } from 'n8n-workflow';

/** What TracePass tells of; `*` is every event, those of later versions included. */
export const eventTypeOptions: INodePropertyOptions[] = [
	{ name: '* (All Events)', value: '*' },
	{ name: 'EPCIS Captured', value: 'epcis.captured' },
	{ name: 'Extraction Completed', value: 'extraction.completed' },
	{ name: 'Extraction Failed', value: 'extraction.failed' },
	{ name: 'Passport Archived', value: 'passport.archived' },
	{ name: 'Passport Created', value: 'passport.created' },
	{ name: 'Passport Deleted', value: 'passport.deleted' },
	{ name: 'Passport Expired', value: 'passport.expired' },
	{ name: 'Passport Published', value: 'passport.published' },
	{ name: 'Passport Republished', value: 'passport.republished' },
	{ name: 'Passport Suspended', value: 'passport.suspended' },
	{ name: 'Passport Updated', value: 'passport.updated' },
	{ name: 'Quota Warning', value: 'quota.warning' },
	{ name: 'Supplier Submitted', value: 'supplier.submitted' },
	{ name: 'Webhook Test', value: 'webhook.test' },
];
