import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

/** One operation of a resource: what n8n shows of it, the request it makes, and the parameters it asks for. */
export interface Operation {
	name: string;
	value: string;
	action: string;
	description: string;
	routing: NonNullable<INodePropertyOptions['routing']>;
	fields?: INodeProperties[];
}

/** The properties of a resource. A parameter that several operations share is shown for each of them. */
export function describeResource(resource: string, operations: Operation[]): INodeProperties[] {
	const sorted = [...operations].sort((one, other) => one.name.localeCompare(other.name));
	const [{ value: initial }] = operations;
	const users = new Map<INodeProperties, string[]>();
	for (const { value, fields } of operations) {
		for (const field of fields ?? []) users.set(field, [...(users.get(field) ?? []), value]);
	}
	return [
		{
			displayName: 'Operation',
			name: 'operation',
			type: 'options',
			noDataExpression: true,
			displayOptions: { show: { resource: [resource] } },
			options: sorted.map(({ name, value, action, description, routing }) => ({
				name,
				value,
				action,
				description,
				routing,
			})),
			default: initial,
		},
		...[...users].map(([field, values]) => ({
			...field,
			displayOptions: { show: { resource: [resource], operation: values, ...field.displayOptions?.show } },
		})),
	];
}
