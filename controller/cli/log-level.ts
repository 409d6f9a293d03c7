import { InvalidArgumentError } from 'commander'

/** pino's levels. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

export function levelArgument(text: string): string {
  if (!LOG_LEVELS.includes(text)) throw new InvalidArgumentError(`Give one of ${LOG_LEVELS.join(', ')}.`)
  return text
}
