import { honoured } from '../marks.ts'
import { integerFrom, listOf, mapping, string } from './common.ts'
import { size } from './size.ts'

const path = honoured(string, 'The device, as in `/dev/sda`.')

const weight = integerFrom(0, 65_535)

const bytesPerSecond = listOf(
  mapping('a mapping with path and rate', {
    path,
    rate: honoured(size, 'Bytes per second, as in `10mb`.'),
  }),
  'a list of devices with a rate',
)

const operationsPerSecond = listOf(
  mapping('a mapping with path and rate', { path, rate: honoured(size, 'Operations per second.') }),
  'a list of devices with a rate',
)

const weights = listOf(
  mapping('a mapping with path and weight', {
    path,
    weight: honoured(weight, 'The share of the device, from 10 to 1000.'),
  }),
  'a list of devices with a weight',
)

/** Compose Specification §blkio_config. */
export const blkio = mapping('a mapping of limits on block devices', {
  weight: honoured(weight, 'The share of every device, from 10 to 1000.'),
  weight_device: honoured(weights, 'The share of single devices.'),
  device_read_bps: honoured(bytesPerSecond, 'The most bytes that are read in a second.'),
  device_read_iops: honoured(operationsPerSecond, 'The most reads in a second.'),
  device_write_bps: honoured(bytesPerSecond, 'The most bytes that are written in a second.'),
  device_write_iops: honoured(operationsPerSecond, 'The most writes in a second.'),
})
