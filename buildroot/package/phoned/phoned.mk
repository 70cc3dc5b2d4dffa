################################################################################
#
# phoned
#
################################################################################

PHONED_VERSION = local
PHONED_SITE = $(realpath $(BR2_EXTERNAL_PHONED_PATH)/..)
PHONED_SITE_METHOD = local
PHONED_LICENSE = BSD-3-Clause
PHONED_LICENSE_FILES = LICENSE
PHONED_GOMOD = phoned

# scripts/image says which version this is; without it, it is an unknown one.
PHONED_NUMBER = $(or $(PHONE_VERSION),unknown)

PHONED_BUILD_TARGETS = cmd/phoned
PHONED_GO_ENV = CGO_ENABLED=0
PHONED_TAGS = netgo osusergo
PHONED_LDFLAGS = -s -w -X main.version=$(PHONED_NUMBER)

# The numbers are those of the overlay's /etc/passwd: what is on the data
# partition must keep its owner when the firmware changes.
define PHONED_USERS
	phone 800 phone 800 * /data/phone /bin/false audio,gpio,i2c,input,spi,video,watchdog phoned
	- -1 input 801 - - - - Keys
	- -1 gpio 802 - - - - Lines
	- -1 i2c 803 - - - - Codec
	- -1 spi 804 - - - - Display
	- -1 watchdog 805 - - - - Watchdog
endef

$(eval $(golang-package))
