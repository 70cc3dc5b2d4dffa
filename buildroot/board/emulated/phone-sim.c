// SPDX-License-Identifier: GPL-2.0
/*
 * The hardware of a desk phone for tests: a GPIO chip with a key matrix, the
 * hookswitch, the headset's contact and the lamps, and an I2C adapter with one
 * codec chip. Programs see what they would see on a board; a test moves it
 * through /sys/devices/platform/phone-sim/:
 *
 *   keys     bit 6 * row + column of each key that is held down
 *   hook     1 = the handset is lifted
 *   headset  1 = a headset is plugged in
 *   lamps    (read) bit n = lamp n is lit
 *   levels   (read) the level of every line, bit n = line n
 *   codec    (read) the codec's registers, 9 bits each, 16 in a row;
 *            (write 1) it falls back to its defaults, as after a power dip
 *   nack     1 = the codec answers nothing, as with a broken wire
 *   writes   how many registers were written; a write sets the count
 *
 * The matrix is bare copper without diodes: three keys in a rectangle show the
 * fourth. Rows and columns are pulled up, a pressed key joins its row and its
 * column. The codec is of the WM8960's kind: a 7 bit register and a 9 bit value
 * in two bytes, nothing can be read, register 15 resets it.
 */
#include <linux/bitops.h>
#include <linux/gpio/driver.h>
#include <linux/i2c.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_sim.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define ROWS	 6
#define COLUMNS	 6
#define MATRIX	 GENMASK(ROWS + COLUMNS - 1, 0)
#define HOOK	 12
#define HEADSET	 13
#define LAMP	 14
#define LAMPS	 8
#define LINES	 (LAMP + LAMPS)
#define CODEC	 0x1a
#define REGS	 56
#define RESET	 15

static const char *const names[LINES] = {
	"ROW0", "ROW1", "ROW2", "ROW3", "ROW4", "ROW5",
	"COL0", "COL1", "COL2", "COL3", "COL4", "COL5",
	"HOOK", "HEADSET",
	"LAMP0", "LAMP1", "LAMP2", "LAMP3", "LAMP4", "LAMP5", "LAMP6", "LAMP7",
};

/* WM8960 data sheet, "Register map": what is not zero after a reset. */
static const struct { u8 reg; u16 value; } defaults[] = {
	{ 0x00, 0x0a7 }, { 0x01, 0x0a7 }, { 0x05, 0x008 }, { 0x07, 0x00a },
	{ 0x08, 0x1c0 }, { 0x0a, 0x0ff }, { 0x0b, 0x0ff }, { 0x11, 0x07b },
	{ 0x12, 0x100 }, { 0x13, 0x032 }, { 0x15, 0x0c3 }, { 0x16, 0x0c3 },
	{ 0x17, 0x1c0 }, { 0x20, 0x100 }, { 0x21, 0x100 }, { 0x22, 0x050 },
	{ 0x25, 0x050 }, { 0x2a, 0x040 }, { 0x2d, 0x050 }, { 0x2e, 0x050 },
	{ 0x30, 0x002 }, { 0x31, 0x037 }, { 0x33, 0x080 }, { 0x34, 0x008 },
	{ 0x35, 0x031 }, { 0x36, 0x026 }, { 0x37, 0x0e9 },
};

struct phone_sim {
	struct gpio_chip gc;
	struct i2c_adapter adapter;
	struct irq_domain *domain;
	raw_spinlock_t lock;	/* all below */
	u32 outputs;		/* lines that the program drives */
	u32 driven;		/* to which level */
	u32 outside;		/* levels of HOOK and HEADSET */
	u32 last;		/* levels that edges were told of */
	u64 keys;
	u16 reg[REGS];
	u32 writes;
	bool nack;
};

/* levels follows the current: a low line pulls all that pressed keys join to it. */
static u32 levels(struct phone_sim *p)
{
	u32 low = p->outputs & ~p->driven & MATRIX;
	u32 high = p->outputs & p->driven;
	u32 before, now;
	int k;

	do {
		before = low;
		for (k = 0; k < ROWS * COLUMNS; k++) {
			u32 pair = BIT(k / COLUMNS) | BIT(ROWS + k % COLUMNS);

			if ((p->keys & BIT_ULL(k)) && (low & pair))
				low |= pair & ~high;
		}
	} while (low != before);
	now = (~low & MATRIX) | p->outside;
	return (now & ~p->outputs) | high;
}

static u32 levels_now(struct phone_sim *p)
{
	unsigned long flags;
	u32 now;

	raw_spin_lock_irqsave(&p->lock, flags);
	now = levels(p);
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return now;
}

/* change sets bits of one word and tells the edges that come of it. */
static void change(struct phone_sim *p, u32 *word, u32 mask, u32 value)
{
	unsigned long flags;
	u32 now, edges;
	int i;

	raw_spin_lock_irqsave(&p->lock, flags);
	*word = (*word & ~mask) | (value & mask);
	now = levels(p);
	edges = now ^ p->last;
	p->last = now;
	raw_spin_unlock_irqrestore(&p->lock, flags);

	for (i = 0; i < LINES; i++) {
		int irq = (edges & BIT(i)) ? irq_find_mapping(p->domain, i) : 0;
		u32 type = irq ? irq_get_trigger_type(irq) : 0;

		if (type & ((now & BIT(i)) ? IRQ_TYPE_EDGE_RISING : IRQ_TYPE_EDGE_FALLING))
			irq_set_irqchip_state(irq, IRQCHIP_STATE_PENDING, true);
	}
}

static void hold(struct phone_sim *p, u64 keys)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	p->keys = keys;
	raw_spin_unlock_irqrestore(&p->lock, flags);
	change(p, &p->outside, 0, 0);
}

static int get_direction(struct gpio_chip *gc, unsigned int line)
{
	struct phone_sim *p = gpiochip_get_data(gc);

	return p->outputs & BIT(line) ? GPIO_LINE_DIRECTION_OUT : GPIO_LINE_DIRECTION_IN;
}

static int direction_input(struct gpio_chip *gc, unsigned int line)
{
	struct phone_sim *p = gpiochip_get_data(gc);

	change(p, &p->outputs, BIT(line), 0);
	return 0;
}

static void set(struct gpio_chip *gc, unsigned int line, int value)
{
	struct phone_sim *p = gpiochip_get_data(gc);

	change(p, &p->driven, BIT(line), value ? BIT(line) : 0);
}

static void set_multiple(struct gpio_chip *gc, unsigned long *mask, unsigned long *bits)
{
	struct phone_sim *p = gpiochip_get_data(gc);

	change(p, &p->driven, *mask, *bits);
}

static int direction_output(struct gpio_chip *gc, unsigned int line, int value)
{
	struct phone_sim *p = gpiochip_get_data(gc);

	set(gc, line, value);
	change(p, &p->outputs, BIT(line), BIT(line));
	return 0;
}

static int get(struct gpio_chip *gc, unsigned int line)
{
	return !!(levels_now(gpiochip_get_data(gc)) & BIT(line));
}

static int set_config(struct gpio_chip *gc, unsigned int line, unsigned long config)
{
	switch (pinconf_to_config_param(config)) {
	case PIN_CONFIG_BIAS_DISABLE:
	case PIN_CONFIG_BIAS_PULL_UP:
	case PIN_CONFIG_DRIVE_OPEN_DRAIN:
	case PIN_CONFIG_DRIVE_PUSH_PULL:
		return 0;
	default:
		return -ENOTSUPP; /* gpiolib debounces in software */
	}
}

static int to_irq(struct gpio_chip *gc, unsigned int line)
{
	struct phone_sim *p = gpiochip_get_data(gc);

	return irq_create_mapping(p->domain, line);
}

static void codec_reset(struct phone_sim *p)
{
	unsigned long flags;
	int i;

	raw_spin_lock_irqsave(&p->lock, flags);
	memset(p->reg, 0, sizeof(p->reg));
	for (i = 0; i < ARRAY_SIZE(defaults); i++)
		p->reg[defaults[i].reg] = defaults[i].value;
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

static int codec_write(struct phone_sim *p, const u8 *b)
{
	unsigned int reg = b[0] >> 1;

	if (reg >= REGS)
		return -ENXIO;
	p->writes++;
	if (reg == RESET)
		codec_reset(p);
	else
		p->reg[reg] = (b[0] & 1) << 8 | b[1];
	return 0;
}

static int transfer(struct i2c_adapter *adapter, struct i2c_msg *msg, int n)
{
	struct phone_sim *p = i2c_get_adapdata(adapter);
	int i, j, err;

	for (i = 0; i < n; i++) {
		if (msg[i].addr != CODEC || p->nack || (msg[i].flags & I2C_M_RD))
			return -ENXIO;
		for (j = 0; j + 1 < msg[i].len; j += 2) {
			err = codec_write(p, msg[i].buf + j);
			if (err)
				return err;
		}
	}
	return n;
}

static u32 functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
}

static const struct i2c_algorithm algorithm = {
	.master_xfer = transfer,
	.functionality = functionality,
};

/* ATTRIBUTE makes a file that shows one number and takes one. */
#define ATTRIBUTE(name, shown, taken)                                               \
	static ssize_t name##_show(struct device *d, struct device_attribute *a,    \
				   char *b)                                         \
	{                                                                           \
		struct phone_sim *p = dev_get_drvdata(d);                           \
		return sysfs_emit(b, "0x%llx\n", (u64)(shown));                     \
	}                                                                           \
	static ssize_t name##_store(struct device *d, struct device_attribute *a,   \
				    const char *b, size_t n)                        \
	{                                                                           \
		struct phone_sim *p = dev_get_drvdata(d);                           \
		u64 v;                                                              \
		int err = kstrtou64(b, 0, &v);                                      \
		if (err)                                                            \
			return err;                                                 \
		taken;                                                              \
		return n;                                                           \
	}                                                                           \
	static DEVICE_ATTR_RW(name)

ATTRIBUTE(keys, p->keys, hold(p, v & GENMASK_ULL(ROWS * COLUMNS - 1, 0)));
ATTRIBUTE(hook, !!(p->outside & BIT(HOOK)), change(p, &p->outside, BIT(HOOK), v ? BIT(HOOK) : 0));
ATTRIBUTE(headset, !(p->outside & BIT(HEADSET)), change(p, &p->outside, BIT(HEADSET), v ? 0 : BIT(HEADSET)));
ATTRIBUTE(nack, p->nack, p->nack = v);
ATTRIBUTE(writes, p->writes, p->writes = v);

static ssize_t lamps_show(struct device *d, struct device_attribute *a, char *b)
{
	struct phone_sim *p = dev_get_drvdata(d);

	return sysfs_emit(b, "0x%x\n", (p->outputs & p->driven) >> LAMP);
}
static DEVICE_ATTR_RO(lamps);

static ssize_t levels_show(struct device *d, struct device_attribute *a, char *b)
{
	return sysfs_emit(b, "0x%x\n", levels_now(dev_get_drvdata(d)));
}
static DEVICE_ATTR_RO(levels);

static ssize_t codec_show(struct device *d, struct device_attribute *a, char *b)
{
	struct phone_sim *p = dev_get_drvdata(d);
	int i, n = 0;

	for (i = 0; i < REGS; i++)
		n += sysfs_emit_at(b, n, "%03x%c", p->reg[i], i % 16 == 15 || i == REGS - 1 ? '\n' : ' ');
	return n;
}

static ssize_t codec_store(struct device *d, struct device_attribute *a, const char *b, size_t n)
{
	codec_reset(dev_get_drvdata(d));
	return n;
}
static DEVICE_ATTR_RW(codec);

static struct attribute *phone_sim_attrs[] = {
	&dev_attr_keys.attr, &dev_attr_hook.attr, &dev_attr_headset.attr, &dev_attr_lamps.attr,
	&dev_attr_levels.attr, &dev_attr_codec.attr, &dev_attr_nack.attr, &dev_attr_writes.attr,
	NULL,
};
ATTRIBUTE_GROUPS(phone_sim);

static int probe(struct platform_device *pd)
{
	struct phone_sim *p = devm_kzalloc(&pd->dev, sizeof(*p), GFP_KERNEL);
	int err;

	if (!p)
		return -ENOMEM;
	raw_spin_lock_init(&p->lock);
	platform_set_drvdata(pd, p);
	codec_reset(p);
	p->outside = BIT(HEADSET); /* on the hook, no headset */
	p->last = levels(p);
	p->domain = devm_irq_domain_create_sim(&pd->dev, NULL, LINES);
	if (IS_ERR(p->domain))
		return PTR_ERR(p->domain);

	p->gc = (struct gpio_chip){
		.label = "phone-sim", .parent = &pd->dev, .owner = THIS_MODULE,
		.base = -1, .ngpio = LINES, .names = names,
		.get_direction = get_direction, .direction_input = direction_input,
		.direction_output = direction_output, .get = get, .set = set,
		.set_multiple = set_multiple, .set_config = set_config, .to_irq = to_irq,
	};
	err = devm_gpiochip_add_data(&pd->dev, &p->gc, p);
	if (err)
		return err;

	strscpy(p->adapter.name, "phone-sim codec bus", sizeof(p->adapter.name));
	p->adapter.owner = THIS_MODULE;
	p->adapter.algo = &algorithm;
	p->adapter.dev.parent = &pd->dev;
	i2c_set_adapdata(&p->adapter, p);
	return devm_i2c_add_adapter(&pd->dev, &p->adapter);
}

static struct platform_driver driver = {
	.probe = probe,
	.driver = { .name = "phone-sim", .dev_groups = phone_sim_groups },
};
static struct platform_device *device;

static int __init start(void)
{
	int err = platform_driver_register(&driver);

	if (err)
		return err;
	device = platform_device_register_simple("phone-sim", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		platform_driver_unregister(&driver);
		return PTR_ERR(device);
	}
	return 0;
}

static void __exit end(void)
{
	platform_device_unregister(device);
	platform_driver_unregister(&driver);
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("key matrix, hook, lamps and codec of a desk phone, for tests");
MODULE_LICENSE("GPL");
