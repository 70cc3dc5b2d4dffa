# Two slots with a counted number of tries. The state is in uboot.env, one sector
# on the boot partition, which RAUC changes from Linux: BOOT_ORDER, and how many
# tries each slot has left. A start takes one; what runs well gives them back.
# post-image.sh puts the board's addresses above this.
test -n "${devtype}" || setenv devtype mmc
test -n "${devnum}" || setenv devnum ${mmcdev}
test -n "${devnum}" || setenv devnum 0
setenv disk "${devtype} ${devnum}"
setenv BOOT_ORDER
setenv BOOT_A_LEFT
setenv BOOT_B_LEFT
if load ${disk}:1 ${kernel_addr_r} uboot.env; then
  env import -c ${kernel_addr_r} 0x200 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
fi
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3
setenv slot
for s in ${BOOT_ORDER}; do
  if test "x${slot}" != "x"; then
    true
  elif test "x${s}" = "xA"; then
    if test ${BOOT_A_LEFT} -gt 0; then
      setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
      setenv slot A
      setenv kernel 2
      setenv root @ROOT_A@
    fi
  elif test "x${s}" = "xB"; then
    if test ${BOOT_B_LEFT} -gt 0; then
      setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
      setenv slot B
      setenv kernel 4
      setenv root @ROOT_B@
    fi
  fi
done
if test "x${slot}" = "x"; then
  echo "Both slots have used up their tries: they get new ones."
  setenv BOOT_A_LEFT 3
  setenv BOOT_B_LEFT 3
fi
env export -c -s 0x200 ${kernel_addr_r} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
fatwrite ${disk}:1 ${kernel_addr_r} uboot.env 0x200
test "x${slot}" != "x" || reset
echo "Slot ${slot}; order ${BOOT_ORDER}; tries left A ${BOOT_A_LEFT}, B ${BOOT_B_LEFT}"
setenv bootargs "console=@CONSOLE@ root=PARTUUID=${root} rootfstype=squashfs ro rootwait rauc.slot=${slot} panic=5 quiet @ARGUMENTS@"
setenv tree ${fdt_addr}
if test -n "${fdt_addr_r}"; then
  if load ${disk}:${kernel} ${fdt_addr_r} board.dtb; then
    setenv tree ${fdt_addr_r}
  fi
fi
if load ${disk}:${kernel} ${kernel_addr_r} zImage; then
  bootz ${kernel_addr_r} - ${tree}
fi
echo "Slot ${slot} does not start."
reset
