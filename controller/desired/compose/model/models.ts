import { honoured } from '../marks.ts'
import { integer, listOf, mapping, string } from './common.ts'

/** Compose Specification §Models top-level element. */
export const model = mapping(
  'a mapping with a model',
  {
    name: honoured(string, 'The full name of the model, in place of `STACK_KEY`.'),
    model: honoured(string, 'The model, as a reference to an OCI artifact.'),
    context_size: honoured(integer, 'How many tokens the model sees at once.'),
    runtime_flags: honoured(listOf(string, 'a list of strings'), 'Arguments for what runs the model.'),
  },
  'model',
)
