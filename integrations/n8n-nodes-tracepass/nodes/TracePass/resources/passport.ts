import { describeResource } from '../shared/operations';
import { contentOperations } from './passportContent';
import { lifeOperations } from './passportLife';
import { recordOperations } from './passportRecords';
import { stateOperations } from './passportStates';
import { basicOperations } from './passportBasics';

export const passportProperties = describeResource('passport', [
	...basicOperations,
	...contentOperations,
	...stateOperations,
	...recordOperations,
	...lifeOperations,
]);
