package alsa

import (
	"syscall"
	"unsafe"
)

// A fakeElement is one control of a fakeCard.
type fakeElement struct {
	name     string
	kind     int32
	min, max int
	items    []string
	values   []int
	readOnly bool
	info     syscall.Errno // what describing it answers
}

func (c *fakeCard) call(r request, arg unsafe.Pointer) syscall.Errno {
	switch r {
	case ctlCardInfo:
		copy((*cardInfo)(arg).ID[:], c.id)
	case ctlElemList:
		l := (*elemList)(arg)
		l.Count = uint32(len(c.elements))
		l.Used = min(l.Space, l.Count-min(l.Offset, l.Count))
		ids := unsafe.Slice((*elemID)(l.Pids), l.Used)
		for i := range ids {
			ids[i] = c.idOf(int(l.Offset) + i)
		}
	case ctlElemInfo:
		return c.describe((*elemInfo)(arg))
	case ctlElemRead, ctlElemWrite:
		return c.value((*elemValue)(arg), r == ctlElemWrite)
	default:
		return syscall.ENOTTY
	}
	return 0
}

func (c *fakeCard) idOf(i int) elemID {
	id := elemID{Numid: uint32(i + 1), Iface: 2}
	copy(id.Name[:], c.elements[i].name)
	return id
}

func (c *fakeCard) element(id elemID) *fakeElement {
	if i := int(id.Numid) - 1; i >= 0 && i < len(c.elements) {
		return c.elements[i]
	}
	return nil
}

func (c *fakeCard) describe(in *elemInfo) syscall.Errno {
	e := c.element(in.ID)
	if e == nil {
		return syscall.ENOENT
	}
	if e.info != 0 {
		return e.info
	}
	in.ID = c.idOf(int(in.ID.Numid) - 1)
	in.Type, in.Count, in.Access = e.kind, uint32(len(e.values)), 3
	if e.readOnly {
		in.Access = 1
	}
	switch e.kind {
	case typeInteger:
		*(*integerInfo)(unsafe.Pointer(&in.Value)) = integerInfo{e.min, e.max, 1}
	case typeEnumerated:
		v := (*enumInfo)(unsafe.Pointer(&in.Value))
		item := min(int(v.Item), len(e.items)-1)
		*v = enumInfo{Items: uint32(len(e.items)), Item: uint32(item)}
		copy(v.Name[:], e.items[item])
	}
	return 0
}

func (c *fakeCard) value(v *elemValue, set bool) syscall.Errno {
	e := c.element(v.ID)
	if e == nil {
		return syscall.ENOENT
	}
	for i := range e.values {
		switch {
		case e.kind == typeEnumerated && set:
			e.values[i] = int(v.items()[i])
		case e.kind == typeEnumerated:
			v.items()[i] = uint32(e.values[i])
		case set:
			e.values[i] = v.Value[i]
		default:
			v.Value[i] = e.values[i]
		}
	}
	return 0
}
