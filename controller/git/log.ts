/** The part of a pino logger that sources use. */
export interface SourceLog {
  debug(fields: object, message: string): void
  warn(fields: object, message: string): void
}
