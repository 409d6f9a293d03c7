import { honoured, ignored, LATER, refused } from '../marks.ts'
import { integerFrom, listOf, mapping, string } from './common.ts'

const preferences = listOf(
  mapping('a mapping with spread', { spread: honoured(string, 'The label of hosts to spread tasks over.') }),
  'a list of mappings, each with spread',
)

/** Compose Deploy Specification §placement. */
export const placement = mapping('a mapping with constraints or preferences', {
  constraints: refused(
    listOf(string, 'a list of conditions, as in node.role == manager'),
    'Conditions that a host must meet to run a task.',
    { reason: LATER, instead: 'remove it while there is one host' },
  ),
  preferences: ignored(preferences, 'What tasks are spread over.', {
    reason: 'tasks are spread over the hosts',
  }),
  max_replicas_per_node: refused(integerFrom(0), 'The most tasks on one host; 0 is no limit.', {
    reason: LATER,
    instead: 'remove it while there is one host',
    usual: [0],
  }),
})
