import { sortBy } from '../../order.ts'
import type { ServiceDraft } from '../service.ts'
import type { AttachmentAt } from './attachments.ts'

/** The networks of a service in the order in which they are joined: highest `priority` first, then by name, as in Compose. */
export function joined({ networks = [] }: Pick<ServiceDraft, 'networks'>): AttachmentAt[] {
  return sortBy(networks, ({ key }) => key).sort((a, b) => b.priority - a.priority)
}
