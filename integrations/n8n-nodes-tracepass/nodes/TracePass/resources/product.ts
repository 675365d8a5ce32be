import type { INodeProperties } from 'n8n-workflow';
import { linkedList, list, listFields } from '../shared/answers';
import {
	binaryField,
	collection,
	filters,
	flag,
	idField,
	language,
	optionalText,
	optionsOf,
	requiredText,
	segment,
} from '../shared/fields';
import { describeResource, type Operation } from '../shared/operations';
import { inBody, inQuery, jsonInBody, read, uploadBinary, write } from '../shared/requests';
import { eventList, eventOptions } from './eventOptions';

const ADDRESS = `=/api/v1/products/${segment('productId')}`;

const productId = idField('Product ID', 'productId');

const description: INodeProperties = {
	displayName: 'Description',
	name: 'description',
	type: 'string',
	typeOptions: { rows: 3 },
	default: '',
	routing: inBody('description'),
};

const sourceLocale = language(
	'sourceLocale',
	'The language that name, description and values are written in',
	inBody('sourceLocale'),
);

const imageUrls: INodeProperties = {
	displayName: 'Image URLs',
	name: 'imageUrls',
	type: 'string',
	typeOptions: { multipleValues: true },
	default: [],
	routing: inBody('imageUrls'),
};

const defaultsIn = (parent: string): INodeProperties => ({
	displayName: 'Default Field Values (JSON)',
	name: 'defaultFieldValues',
	type: 'json',
	default: '{}',
	description: 'Values that new passports of the product start with, by field key',
	routing: jsonInBody(`${parent}.defaultFieldValues`, 'defaultFieldValues', 'Default Field Values'),
});

const category: INodeProperties = {
	displayName: 'Category',
	name: 'category',
	type: 'string',
	default: '',
	placeholder: 'battery',
	description: 'Slug of a category of products, as the Template resource lists them',
	routing: inQuery('category'),
};

const operations: Operation[] = [
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many products',
		description: 'List products, newest first',
		routing: list('/api/v1/products'),
		fields: [
			...listFields,
			filters([
				category,
				{
					displayName: 'Search',
					name: 'search',
					type: 'string',
					default: '',
					description: 'Part of the name or model',
					routing: inQuery('search'),
				},
				{
					displayName: 'Show Archived',
					name: 'showArchived',
					type: 'boolean',
					default: false,
					description: 'Whether archived products are listed too',
					routing: inQuery('showArchived'),
				},
				{
					displayName: 'Status',
					name: 'status',
					type: 'options',
					options: optionsOf(['active', 'archived']),
					default: 'active',
					routing: inQuery('status'),
				},
			]),
		],
	},
	{
		name: 'Create',
		value: 'create',
		action: 'Create a product',
		description: 'Add a product to the catalogue',
		routing: write('POST', '/api/v1/products'),
		fields: [
			requiredText('Name', 'name'),
			requiredText('Model', 'model'),
			{ ...requiredText('Category', 'category'), placeholder: 'battery', description: category.description },
			collection('Additional Fields', 'additionalFields', [
				description,
				sourceLocale,
				imageUrls,
				defaultsIn('additionalFields'),
			]),
		],
	},
	{
		name: 'Create Batch',
		value: 'createBatch',
		action: 'Create many products',
		description: 'Add up to 100 products; each succeeds or fails by itself',
		routing: write('POST', '/api/v1/products/batch'),
		fields: [
			{
				displayName: 'Products (JSON)',
				name: 'products',
				type: 'json',
				default: '[]',
				required: true,
				description: 'An array of products: name, model, category, and what else a product has',
				routing: jsonInBody('products', 'products', 'Products'),
			},
		],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get a product',
		description: 'Read one product',
		routing: read(ADDRESS),
		fields: [productId],
	},
	{
		name: 'Update',
		value: 'update',
		action: 'Update a product',
		description: 'Change the members that are given',
		routing: write('PATCH', ADDRESS),
		fields: [
			productId,
			collection('Update Fields', 'updateFields', [
				optionalText('Name', 'name'),
				optionalText('Model', 'model'),
				{
					displayName: 'Status',
					name: 'status',
					type: 'options',
					options: optionsOf(['active', 'archived']),
					default: 'active',
					routing: inBody('status'),
				},
				description,
				sourceLocale,
				imageUrls,
				defaultsIn('updateFields'),
			]),
		],
	},
	{
		name: 'Delete',
		value: 'delete',
		action: 'Delete a product',
		description: 'Delete a product that has no passports',
		routing: write('DELETE', ADDRESS),
		fields: [productId],
	},
	{
		name: 'Archive',
		value: 'archive',
		action: 'Archive a product',
		description: 'Take a product out of the lists; its passports stay',
		routing: write('POST', `${ADDRESS}/archive`),
		fields: [productId],
	},
	{
		name: 'Apply Defaults',
		value: 'applyDefaults',
		action: 'Apply defaults of a product',
		description: 'Copy the default values of a product into its passports, a dry run first',
		routing: write('POST', `${ADDRESS}/apply-defaults`),
		fields: [
			productId,
			flag('Dry Run', 'dryRun', 'to tell only what would change'),
			collection('Options', 'defaultsOptions', [
				{
					displayName: 'Statuses',
					name: 'statuses',
					type: 'multiOptions',
					options: optionsOf(['approved', 'draft', 'expired', 'in_review', 'published', 'suspended']),
					default: [],
					description: 'Only passports in these states',
					routing: inBody('statuses'),
				},
				{
					displayName: 'Field Keys',
					name: 'keys',
					type: 'string',
					typeOptions: { multipleValues: true },
					default: [],
					description: 'Only these fields',
					routing: inBody('keys'),
				},
				{
					displayName: 'Passports At Once',
					name: 'atOnce',
					type: 'number',
					typeOptions: { minValue: 1, maxValue: 1000 },
					default: 1000,
					routing: inBody('limit'),
				},
				{
					displayName: 'Cursor',
					name: 'cursor',
					type: 'string',
					default: '',
					description: 'The nextCursor of the answer before',
					routing: inBody('cursor'),
				},
			]),
		],
	},
	{
		name: 'Add Image',
		value: 'addImage',
		action: 'Add an image to a product',
		description: 'Upload a picture of a product',
		routing: write('POST', `${ADDRESS}/images`, uploadBinary),
		fields: [productId, binaryField],
	},
	{
		name: 'Delete Image',
		value: 'deleteImage',
		action: 'Delete an image of a product',
		description: 'Remove a picture of a product',
		routing: write('DELETE', `${ADDRESS}/images/${segment('imageIndex')}`),
		fields: [
			productId,
			{
				displayName: 'Image Index',
				name: 'imageIndex',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description: 'The place of the picture in imageUrls, from 0',
			},
		],
	},
	{
		name: 'Get Events',
		value: 'getEvents',
		action: 'Get captured events of a product',
		description: 'The EPCIS events that were captured about a product',
		routing: linkedList(`${ADDRESS}/epcis`, eventList),
		fields: [productId, ...listFields, eventOptions],
	},
];

export const productProperties = describeResource('product', operations);
