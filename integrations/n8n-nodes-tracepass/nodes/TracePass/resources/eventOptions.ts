import { collection } from '../shared/fields';

/** Where the events stand in a document of EPCIS. */
export const eventList = ['epcisBody', 'eventList'];

/** Where they stand in the answer to a query. */
export const queriedEvents = ['epcisBody', 'queryResults', 'resultsBody', 'eventList'];

/** In which notation events come. */
export const eventOptions = collection('Options', 'eventOptions', [
	{
		displayName: 'Identifiers As',
		name: 'epcFormat',
		type: 'options',
		options: [
			{ name: 'As They Came', value: 'No_Preference' },
			{ name: 'EPC URNs', value: 'Always_EPC_URN' },
			{ name: 'GS1 Digital Links', value: 'Always_GS1_Digital_Link' },
		],
		default: 'No_Preference',
		description: 'The notation of identifiers in the events',
		routing: { request: { headers: { 'GS1-EPC-Format': '={{ $value }}' } } },
	},
]);
