import { InvalidArgumentError } from 'commander'
import { LOG_LEVELS } from '../../../schemas/log.ts'

export function levelArgument(text: string): string {
  if (!LOG_LEVELS.includes(text)) throw new InvalidArgumentError(`Give one of ${LOG_LEVELS.join(', ')}.`)
  return text
}
