import type { INodeProperties } from 'n8n-workflow';
import { itemsOf } from '../shared/answers';
import { collection, language, segment } from '../shared/fields';
import { describeResource, type Operation } from '../shared/operations';
import { inQuery, read } from '../shared/requests';

const options = collection('Options', 'templateOptions', [language('lang', 'The language of labels', inQuery('lang'))]);

const category: INodeProperties = {
	displayName: 'Category',
	name: 'templateCategory',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'battery',
	description: 'Slug of the category, or one of its aliases',
};

const operations: Operation[] = [
	{
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many templates',
		description: 'List the templates of all categories, without their fields',
		routing: { ...read('/api/v1/templates'), output: { postReceive: [itemsOf('templates')] } },
		fields: [options],
	},
	{
		name: 'Get',
		value: 'get',
		action: 'Get a template',
		description: 'What a passport of a category must say, field by field, and which act asks for it',
		routing: read(`=/api/v1/templates/${segment('templateCategory')}`),
		fields: [category, options],
	},
];

export const templateProperties = describeResource('template', operations);
