/** When images that nothing uses are removed. */
export interface Housekeeping {
  /** Milliseconds without use. */
  maxAge: number
  /** Percent of the file system of containers-storage: above `diskHigh` images go until it is at `diskLow`. */
  diskHigh: number
  diskLow: number
}

export const HOUSEKEEPING: Housekeeping = { maxAge: 7 * 86_400_000, diskHigh: 85, diskLow: 75 }
