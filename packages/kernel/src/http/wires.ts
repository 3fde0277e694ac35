import type { WireName } from '#/contract.ts';
import { fastapi } from '#/http/fastapi.ts';
import { problem } from '#/http/problem.ts';
import type { Wire } from '#/http/wire.ts';

export const wires: Readonly<Record<WireName, Wire>> = { fastapi, problem };
