export { isPublicAddress } from '#/public-address.ts';
export {
  openOutbound,
  type Outbound,
  type OutboundOptions,
  type OutboundRequest,
  type OutboundResponse,
  type Resolve,
} from '#/outbound.ts';
