package alsa

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

// A Kind is the kind of an element's values.
type Kind uint8

// The kinds that can be read and set.
const (
	Boolean    Kind = typeBoolean    // 0 and 1
	Integer    Kind = typeInteger    // Min to Max
	Enumerated Kind = typeEnumerated // 0 to len(Items)-1
)

// An Element is one control of a card: a volume, a switch, a choice.
type Element struct {
	Name     string // an element that is not the first of its name has ",2" after it, the next ",3"
	Kind     Kind
	Count    int // how many values it has, one for each channel
	Min, Max int
	Items    []string // the words of an enumeration
	Writable bool

	id elemID
}

// A Control is the mixer of one card. Its methods may be called from several
// goroutines. A card that was gone and is back is found again.
type Control struct {
	mu       sync.Mutex
	k        kernel
	card     string
	fd       int // negative while the card is not open
	elements []Element
	value    elemValue
}

// OpenControl opens the mixer of a card, which is a number or an id.
func OpenControl(card string) (*Control, error) { return openControl(linux{}, card) }

func openControl(k kernel, card string) (*Control, error) {
	c := &Control{k: k, card: card, fd: -1}
	if err := c.open(); err != nil {
		return nil, err
	}
	return c, nil
}

// open opens the card and reads what elements it has.
func (c *Control) open() error {
	n, err := cardNumber(c.k, c.card)
	if err != nil {
		return fmt.Errorf("open the mixer: %w", err)
	}
	fd, e := c.k.open(controlPath(n))
	if e != 0 {
		return fmt.Errorf("open the mixer of sound card %s: %w", c.card, e)
	}
	elements, err := list(c.k, fd)
	if err != nil {
		c.k.close(fd)
		return fmt.Errorf("read the mixer of sound card %s: %w", c.card, err)
	}
	c.fd, c.elements = fd, elements
	return nil
}

// list reads all elements of kinds that can be set.
func list(k kernel, fd int) ([]Element, error) {
	l := new(elemList)
	if e := k.call(fd, ctlElemList, unsafe.Pointer(l)); e != 0 {
		return nil, e
	}
	ids := make([]elemID, min(l.Count, mostElements))
	if len(ids) == 0 {
		return nil, nil
	}
	*l = elemList{Space: uint32(len(ids)), Pids: unsafe.Pointer(&ids[0])}
	if e := k.call(fd, ctlElemList, unsafe.Pointer(l)); e != 0 {
		return nil, e
	}
	var all []Element
	times := map[string]int{}
	for _, id := range ids[:min(l.Used, uint32(len(ids)))] {
		e, ok, err := describe(k, fd, id)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", id.Numid, err)
		}
		if !ok {
			continue
		}
		times[e.Name]++
		if n := times[e.Name]; n > 1 {
			e.Name = fmt.Sprintf("%s,%d", e.Name, n)
		}
		all = append(all, e)
	}
	return all, nil
}

// describe reads what an element is; ok is false for a kind that is not for a
// mixer.
func describe(k kernel, fd int, id elemID) (e Element, ok bool, err error) {
	in := &elemInfo{ID: id}
	if errno := k.call(fd, ctlElemInfo, unsafe.Pointer(in)); errno != 0 {
		return Element{}, false, errno
	}
	e = Element{
		Name: text(in.ID.Name[:]), Kind: Kind(in.Type), Count: int(min(in.Count, mostValues)),
		Writable: in.Access&accessWrite != 0, id: in.ID,
	}
	switch in.Type {
	case typeBoolean:
		e.Max = 1
	case typeInteger:
		v := (*integerInfo)(unsafe.Pointer(&in.Value))
		e.Min, e.Max = v.Min, v.Max
	case typeEnumerated:
		items := min((*enumInfo)(unsafe.Pointer(&in.Value)).Items, mostItems)
		for i := range items {
			*in = elemInfo{ID: id}
			v := (*enumInfo)(unsafe.Pointer(&in.Value))
			v.Item = i
			if errno := k.call(fd, ctlElemInfo, unsafe.Pointer(in)); errno != 0 {
				return Element{}, false, errno
			}
			e.Items = append(e.Items, text(v.Name[:]))
		}
		e.Max = int(items) - 1
	default:
		return Element{}, false, nil
	}
	return e, e.Count > 0 && e.Name != "", nil
}

// Elements returns what the card has.
func (c *Control) Elements() []Element {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Element(nil), c.elements...)
}

// Names returns the names of the elements, in the card's order.
func (c *Control) Names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, len(c.elements))
	for i := range c.elements {
		names[i] = c.elements[i].Name
	}
	return names
}

// Set sets an element by its name. If there are fewer values than the element
// has, the last one counts for the rest: one value sets both sides.
func (c *Control) Set(name string, values ...int) error {
	err := c.do(name, func(e *Element) (syscall.Errno, error) {
		if err := e.fits(values); err != nil {
			return 0, err
		}
		c.value = elemValue{ID: e.id}
		for i := range e.Count {
			v := values[min(i, len(values)-1)]
			if e.Kind == Enumerated {
				c.value.items()[i] = uint32(v)
			} else {
				c.value.Value[i] = v
			}
		}
		return c.k.call(c.fd, ctlElemWrite, unsafe.Pointer(&c.value)), nil
	})
	if err != nil {
		return fmt.Errorf("set %q of sound card %s: %w", name, c.card, err)
	}
	return nil
}

// Choose sets an enumeration to one of its words.
func (c *Control) Choose(name, item string) error {
	for _, e := range c.Elements() {
		if e.Name != name {
			continue
		}
		for i, word := range e.Items {
			if word == item {
				return c.Set(name, i)
			}
		}
		return fmt.Errorf("set %q of sound card %s: it is %s, not %q", name, c.card, strings.Join(e.Items, ", "), item)
	}
	return fmt.Errorf("set %q of sound card %s: %w", name, c.card, errNoElement)
}

// Get reads an element's values.
func (c *Control) Get(name string) (values []int, err error) {
	err = c.do(name, func(e *Element) (syscall.Errno, error) {
		c.value = elemValue{ID: e.id}
		errno := c.k.call(c.fd, ctlElemRead, unsafe.Pointer(&c.value))
		values = make([]int, e.Count)
		for i := range values {
			if e.Kind == Enumerated {
				values[i] = int(c.value.items()[i])
			} else {
				values[i] = c.value.Value[i]
			}
		}
		return errno, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %q of sound card %s: %w", name, c.card, err)
	}
	return values, nil
}

var errNoElement = errors.New("the card has no such control")

// do does something with an element, and once more with the card opened anew if
// it was gone.
func (c *Control) do(name string, act func(*Element) (syscall.Errno, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for turn := 0; ; turn++ {
		if c.fd < 0 {
			if err := c.open(); err != nil {
				return err
			}
		}
		e := c.element(name)
		if e == nil {
			return errNoElement
		}
		errno, err := act(e)
		if err != nil || errno == 0 {
			return err
		}
		if !gone(errno) || turn > 0 {
			return errno
		}
		c.shut()
	}
}

func (c *Control) element(name string) *Element {
	for i := range c.elements {
		if c.elements[i].Name == name {
			return &c.elements[i]
		}
	}
	return nil
}

// fits says what is wrong with values.
func (e *Element) fits(values []int) error {
	if len(values) == 0 || len(values) > e.Count {
		return fmt.Errorf("it has %d values, not %d", e.Count, len(values))
	}
	if !e.Writable {
		return errors.New("it can only be read")
	}
	for _, v := range values {
		if v < e.Min || v > e.Max {
			return fmt.Errorf("it goes from %d to %d, not to %d", e.Min, e.Max, v)
		}
	}
	return nil
}

func (c *Control) shut() {
	if c.fd >= 0 {
		c.k.close(c.fd)
		c.fd = -1
	}
}

// Close gives the card back. A closed Control opens it again when it is used.
func (c *Control) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut()
	return nil
}
