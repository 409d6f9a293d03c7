import type { Channel } from '../../schemas/session/channel.ts'
import type { CopyRequest } from '../../schemas/session/request.ts'
import type { Reach } from './reach.ts'
export async function copy(_request: CopyRequest, _channel: Channel, _reach: Reach): Promise<void> {}
