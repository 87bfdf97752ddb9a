import { describe, expect, it } from 'vitest'
import { RowSlots } from './row-slots'
import { RowWindow } from './row-window'

describe('the elements of a long table', () => {
  it('keeps a row on its element and hands on those of the rows that left', () => {
    const slots = new RowSlots()
    expect(slots.take(['a', 'b', 'c'])).toEqual([0, 1, 2])
    expect(slots.take(['b', 'c', 'd'])).toEqual([1, 2, 0])
    expect(slots.take(['b', 'c', 'd'])).toEqual([1, 2, 0])
  })

  it('hands on all of them, in their order, where no row stays', () => {
    const slots = new RowSlots()
    slots.take(['a', 'b', 'c'])
    expect(slots.take(['x', 'y', 'z', 'w'])).toEqual([0, 1, 2, 3])
  })

  it('moves no element past the rows that stay', () => {
    const slots = new RowSlots()
    slots.take(['b', 'c', 'd'])
    expect(slots.take(['a', 'b', 'c'])).toEqual([3, 0, 1])
  })

  it('never shows two rows in one element', () => {
    const slots = new RowSlots()
    for (const from of [0, 3, 50, 49, 20, 0, 7]) {
      const taken = slots.take(Array.from({ length: 30 }, (_, place) => `row ${from + place}`))
      expect(new Set(taken).size).toBe(30)
    }
  })
})

describe('the rows of a long table that are drawn', () => {
  const range = (startIndex: number, endIndex: number) => ({ startIndex, endIndex, overscan: 0, count: 100 })
  const ends = (rows: ReadonlyArray<number>) => [rows[0], rows.at(-1)]

  it('are those in sight and more of them where the reader is going', () => {
    const { rows } = new RowWindow()
    expect(ends(rows(range(40, 60)))).toEqual([38, 68])
    expect(ends(rows(range(30, 50)))).toEqual([22, 52])
    expect(ends(rows(range(31, 51)))).toEqual([29, 59])
  })

  it('are none beyond the ends', () => {
    const { rows } = new RowWindow()
    expect(ends(rows(range(0, 20)))).toEqual([0, 28])
    expect(ends(rows(range(80, 99)))).toEqual([78, 99])
  })
})
