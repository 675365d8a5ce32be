// What the node would send: parameters go through n8n's own defaults, display rules and expressions, then through the
// routing of each property, as n8n's routing of declarative nodes does it.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { NodeHelpers, Workflow } = require('n8n-workflow');
export const { TracePass } = require('../dist/nodes/TracePass/TracePass.node.js');
export const { description } = new TracePass();

const nodeTypes = { getByNameAndVersion: () => ({ description }), getByName: () => ({ description }), getKnownTypes: () => ({}) };

function setMember(target, path, value) {
	const [first, ...rest] = path.split('.');
	if (!rest.length) target[first] = value;
	else setMember((target[first] ??= {}), rest.join('.'), value);
}

/** The context that n8n gives to steps before a request. */
export function contextOf(node, evaluate, binary) {
	return {
		getNode: () => node,
		getItemIndex: () => 0,
		getNodeParameter: (name, fallback) => node.parameters[name] ?? fallback,
		evaluateExpression: (expression) => evaluate(`=${expression}`),
		helpers: {
			assertBinaryData: (name) => binary[name],
			getBinaryDataBuffer: async (name) => Buffer.from(binary[name].data, 'base64'),
		},
	};
}

/** The request for a resource and operation with these parameters. */
export async function requestFor(parameters, { execution = 'e1', run = 0, binary = {} } = {}) {
	const node = { id: 'n1', name: 'TracePass', type: 'tracePass', typeVersion: 1, position: [0, 0], parameters };
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const current = workflow.getNode('TracePass');
	const keys = { $execution: { id: execution }, $runIndex: run };
	const evaluate = (value, $value) =>
		workflow.expression.getParameterValue(value, null, run, 0, 'TracePass', [], 'manual', { ...keys, $value });
	const request = { qs: {}, body: {}, headers: {} };
	const steps = [];
	const apply = (property, value) => {
		const chosen = property.options?.find?.((option) => option.value === value && option.routing);
		for (const routing of [property.routing, chosen?.routing].filter(Boolean)) {
			const { qs, headers, ...rest } = evaluate(routing.request ?? {}, value);
			Object.assign(request, rest);
			Object.assign(request.qs, qs);
			Object.assign(request.headers, headers);
			const { type, property: member, value: sent, preSend } = routing.send ?? {};
			if (type) setMember(type === 'body' ? request.body : request.qs, member, sent ? evaluate(sent, value) : value);
			steps.push(...(preSend ?? []));
		}
	};
	for (const property of description.properties) {
		if (!NodeHelpers.displayParameter(current.parameters, property, current, description)) continue;
		const value = current.parameters[property.name];
		apply(property, value);
		if (property.type !== 'collection') continue;
		for (const member of property.options.filter(({ name }) => name in (value ?? {}))) apply(member, value[member.name]);
	}
	let sent = request;
	for (const step of steps) sent = await step.call(contextOf(current, evaluate, binary), sent);
	return sent;
}

const samples = {
	string: () => 'x',
	number: ({ default: value }) => value,
	boolean: () => true,
	color: () => '#000000',
	dateTime: () => '2026-06-01T12:00:00.000Z',
	json: ({ default: value }) => value,
	options: ({ options }) => options[0].value,
	multiOptions: ({ options }) => [options[0].value],
};

function sampleOf(property) {
	if (property.type === 'collection') {
		return Object.fromEntries(property.options.map((member) => [member.name, sampleOf(member)]));
	}
	if (property.typeOptions?.multipleValues) return ['x'];
	return samples[property.type](property);
}

/** Every operation of every resource, with every parameter given. */
export function* everyOperation() {
	for (const operation of description.properties.filter(({ name }) => name === 'operation')) {
		const [resource] = operation.displayOptions.show.resource;
		for (const { value } of operation.options) yield { resource, operation: value };
	}
}

/** Parameters for an operation: all that there are. */
export function everything({ resource, operation }, passportBy) {
	const parameters = { resource, operation, passportBy };
	for (const property of description.properties) {
		const show = property.displayOptions?.show ?? {};
		const isShown = show.resource?.includes(resource) && show.operation?.includes(operation);
		if (!isShown || property.name === 'passportBy') continue;
		parameters[property.name] = property.name === 'returnAll' ? false : sampleOf(property);
	}
	return parameters;
}
