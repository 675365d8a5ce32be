import type { INodeProperties, INodePropertyOptions, INodePropertyRouting } from 'n8n-workflow';
import { inBody } from './requests';

const LANGUAGES = 'bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv'.split(' ');

/** The official languages of the European Union. */
export const languageOptions: INodePropertyOptions[] = LANGUAGES.map((value) => ({
	name: `${new Intl.DisplayNames(['en'], { type: 'language' }).of(value) ?? value} (${value})`,
	value,
}));

/** Options whose names are their values in words. */
export const optionsOf = (values: string[]): INodePropertyOptions[] =>
	values.map((value) => {
		const words = value.replace(/_/g, ' ');
		return { name: words.charAt(0).toUpperCase() + words.slice(1), value };
	});

/** The name of the binary property that a file is taken from or put into. */
export const binaryField: INodeProperties = {
	displayName: 'Binary Property',
	name: 'binaryProperty',
	type: 'string',
	default: 'data',
	required: true,
	description: 'Name of the binary property that holds the file',
};

/** How an operation on a passport names it. */
const forSerial = { show: { passportBy: ['serial'] } };

export const passportFields: INodeProperties[] = [
	{
		displayName: 'Passport By',
		name: 'passportBy',
		type: 'options',
		options: [
			{ name: 'ID', value: 'id', description: 'The ID that TracePass gave to the passport' },
			{ name: 'Serial Number', value: 'serial', description: 'The serial number on the product' },
		],
		default: 'id',
		description: 'How you name the passport',
	},
	{
		displayName: 'Passport ID',
		name: 'passportId',
		type: 'string',
		displayOptions: { show: { passportBy: ['id'] } },
		default: '',
		required: true,
		placeholder: '6650b2c3d4e5f6a7b8c9d0e1',
	},
	{
		displayName: 'Serial Number',
		name: 'serialNumber',
		type: 'string',
		displayOptions: forSerial,
		default: '',
		required: true,
		placeholder: 'BP-48V-100-000001',
	},
	{
		displayName: 'GTIN',
		name: 'serialGtin',
		type: 'string',
		displayOptions: forSerial,
		default: '',
		description: 'Needed only if the serial number exists under several GTINs',
		routing: { send: { type: 'query', property: 'gtin', value: '={{ $value || undefined }}' } },
	},
];

const NAMED =
	'$parameter.passportBy === "serial" ? "by-serial/" + encodeURIComponent($parameter.serialNumber) : encodeURIComponent($parameter.passportId)';

/** The address of the passport that `passportFields` name, and what follows it. */
export const ofPassport = (rest = ''): string => `=/api/v1/passports/{{ ${NAMED} }}${rest}`;

/** A parameter as one segment of an address. */
export const segment = (name: string): string => `{{ encodeURIComponent($parameter.${name}) }}`;

/** The ID of the thing that an operation is on. */
export const idField = (
	displayName: string,
	name: string,
	placeholder = '6650b2c3d4e5f6a7b8c9d0e1',
): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	required: true,
	placeholder,
});

/** A text that a request must have. */
export const requiredText = (displayName: string, name: string, property = name): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	required: true,
	routing: inBody(property),
});

/** A text that a request may have. */
export const optionalText = (displayName: string, name: string, description?: string): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	...(description && { description }),
	routing: inBody(name),
});

/** A switch, on unless a person turns it off; its description begins with "Whether". */
export const flag = (displayName: string, name: string, whether: string): INodeProperties => ({
	displayName,
	name,
	type: 'boolean',
	default: true,
	description: `Whether ${whether}`,
	routing: inBody(name),
});

/** One of the languages, English unless a person chooses. */
export const language = (name: string, description: string, routing: INodePropertyRouting): INodeProperties => ({
	displayName: 'Language',
	name,
	type: 'options',
	options: languageOptions,
	default: 'en',
	description,
	routing,
});

/** Parameters of which a person adds those that are wanted. */
export const collection = (displayName: string, name: string, options: INodeProperties[]): INodeProperties => ({
	displayName,
	name,
	type: 'collection',
	placeholder: 'Add Field',
	default: {},
	options: [...options].sort((one, other) => one.displayName.localeCompare(other.displayName)),
});

/** Filters of a list. */
export const filters = (options: INodeProperties[]): INodeProperties => ({
	...collection('Filters', 'filters', options),
	placeholder: 'Add Filter',
});
