import type { TraceOperator } from './filter.ts';
import type { FilterGrammar } from './parse-filter.ts';
import type { OrderGrammar } from './parse-order-by.ts';

export const runFilters: FilterGrammar = { title: 'runs' };
export const experimentFilters: FilterGrammar = { title: 'experiments' };
export const registeredModelFilters: FilterGrammar = { title: 'registered models' };
export const modelVersionFilters: FilterGrammar = { title: 'model versions' };
export const loggedModelFilters: FilterGrammar = { title: 'logged models' };
export const traceFilters: FilterGrammar<TraceOperator> = { title: 'traces' };

export const runOrder: OrderGrammar = { title: 'runs', defaults: [], ties: [] };
export const experimentOrder: OrderGrammar = { title: 'experiments', defaults: [], ties: [] };
export const registeredModelOrder: OrderGrammar = { title: 'registered models', defaults: [], ties: [] };
export const modelVersionOrder: OrderGrammar = { title: 'model versions', defaults: [], ties: [] };
export const traceOrder: OrderGrammar = { title: 'traces', defaults: [], ties: [] };
