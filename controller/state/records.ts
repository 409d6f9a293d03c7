import type { StackRecord } from '../../schemas/record.ts'

/** What must outlive the controller, kept on its disk: neither Redis nor a crash can make it forget. */
export interface Records {
  /** Reads every record; a damaged file is set aside and told of, it stops no other stack. */
  load(): Promise<void>
  get(stack: string): StackRecord | undefined
  list(): StackRecord[]
  /** Replaces the record by temp file, fsync and rename; does nothing when it is equal to the last one. */
  put(record: StackRecord): Promise<void>
  remove(stack: string): Promise<void>
}
