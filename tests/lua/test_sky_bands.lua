-- Bandpasses from files, moved and sampled ones, conversions.
local test = require "galua.test"
local folder = os.tmpname()
os.remove(folder)
os.execute("mkdir -p " .. folder)
local function file(name, text)
  local path = folder .. "/" .. name
  local f = assert(io.open(path, "wb"))
  f:write(text)
  f:close()
  return path
end
local function same(b, nu, w)
  local want = band.table(nu, w)
  test.eq(#b, #want)
  for i = 1, #want do
    test.close(b.nu[i], want.nu[i], 1e-14)
    test.close(b.weight[i], want.weight[i], 1e-13)
  end
end

test.describe("bandpasses in files", function()
  local nu, w = { 90, 95, 105, 110 }, { 0.1, 1, 0.9, 0.2 }
  test.it("are two columns: comments, headers, commas, line ends of any kind", function()
    same(band.read(file("a.txt", "# LiteBIRD\n90 0.1\n95 1 # the middle\n\n105 0.9\n110 0.2")), nu, w)
    same(band.read(file("b.csv", "frequency,response\r\n90,0.1\r\n95,1\r\n105,0.9\r\n110,0.2\r\n")), nu, w)
    same(band.read(file("c.tbl", "\\ an IPAC table\n|  nu  |  w  |\n|double|double|\n 90 0.1\n 95 1\n 105 0.9\n 110 0.2\n")), nu, w)
    test.eq(band.read(file("W1.txt", "90 1\n100 1\n")).name, "W1")
    test.eq(band.read(file("W1.txt", "90 1\n100 1\n"), { name = "mine" }).name, "mine")
  end)
  test.it("in other units, descending ones turned round, weights of either convention", function()
    same(band.read(file("d.txt", "110e9 0.2\n105e9 0.9\n95e9 1\n90e9 0.1\n"), { unit = "Hz" }), nu, w)
    local b = band.read(file("e.txt", "3 1\n3.5 2\n"), { unit = "1/cm" })
    test.close(b.nu[1], 3 * 29.9792458, 1e-15)
    local rj = band.read(file("a.txt", "90 0.1\n95 1\n105 0.9\n110 0.2"), { weights = "rj" })
    local power = {}
    for i = 1, 4 do power[i] = w[i] / nu[i] ^ 2 end
    same(rj, nu, power)
  end)
  test.it("that are wrong: one line with the file in it", function()
    local function fails(text, says, o)
      local path = file("bad.txt", text)
      local ok, e = pcall(band.read, path, o)
      test.ok(not ok)
      test.ok(tostring(e):find(path, 1, true) and tostring(e):find(says, 1, true) and not tostring(e):find("\n"), tostring(e))
    end
    fails("", "no line of two numbers")
    fails("# nothing\nhere\n", "no line of two numbers")
    fails("90 1\n95\n", "line 2: two numbers are expected")
    fails("90 x\n95 1\n", "line 1: two numbers are expected")
    fails("90 1\n95 1\n92 1\n", "ascend")
    fails("90 1\n95 -1\n", "-1")
    fails("90 nan\n95 1\n", "nan")
    fails("0 1\n95 1\n", "0")
    fails("90 0\n95 0\n", "")
    test.throws(function() band.read(folder .. "/none.txt") end, "~none.txt: no such file")
    test.throws(function() band.read(folder) end, "~is no file that can be read")
    test.throws(function() band.read(file("a.txt", "90 1\n95 1\n"), { unit = "eV" }) end, "~unit 'eV' is none of")
    test.throws(function() band.read(3) end, "~string")
  end)
end)

test.describe("uncertain bandpasses", function()
  local nu, w = {}, {}
  for i = 1, 201 do nu[i], w[i] = 90 + 0.1 * (i - 1), math.exp(-0.5 * ((90 + 0.1 * (i - 1) - 100) / 5) ^ 2) end
  local b = band.table(nu, w)
  test.it("are sampled: integral 1, the same with the same seed, centres and widths about those of the band", function()
    local list, again, other = b:sample{ n = 40, seed = 3 }, b:sample{ n = 40, seed = 3 }, b:sample{ n = 1, seed = 4 }
    test.eq(#list, 40)
    test.eq(#list[1], 128)
    test.ok(list[1].weight[5] == again[1].weight[5] and list[1].weight[5] ~= other[1].weight[5] and list[1].weight[5] ~= list[2].weight[5])
    local centre, width = 0, 0
    for _, x in ipairs(list) do
      test.close(x.coef:sum(), 1, 1e-13)
      test.close(x.center, 100, 0.05) -- a mean of 128 draws of 4.4 has an error of 0.4
      centre, width = centre + x.center / 40, width + x.width / 40
      test.ok(x.nu[1] == 90 and x.nu[128] == 110)
    end
    test.close(centre, 100, 0, 5 * 4.4 / math.sqrt(128 * 40))
    test.ok(width > 4 and width < 5.2, tostring(width)) -- 4.4, widened by the kernel, cut by the ends
    test.throws(function() b:sample{ draws = 3 } end, "~draws")
    test.throws(function() b:sample{ seed = -1 } end, "~seed")
  end)
  test.it("are moved", function()
    local m = b:moved{ shift = 1, stretch = 0.01 }
    test.close(m.center, 102, 1e-12)
    test.close(m.width, 1.01 * b.width, 1e-12)
    test.close(b:quantile(0.5), 100, 1e-12)
    test.throws(function() b:moved{ shift = -200 } end, "~")
  end)
end)

test.describe("conversions", function()
  test.it("go through a frequency or a band, to and fro", function()
    test.close(band.convert(1, "K_CMB", "MJy/sr", 100), 238.7922053370, 1e-12)
    test.close(band.convert(2, "uK_RJ", "mK_RJ"), 2e-3, 1e-15)
    local b = band.tophat(95, 105, { points = 11 })
    test.close(band.convert(1, "uK_RJ", "uK_CMB", b), 1.28781135679, 1e-11)
    test.close(b:factor("uK_CMB", "MJy/sr") * b:factor("MJy/sr", "uK_CMB"), 1, 1e-14)
    test.throws(function() band.convert(1, "K_CMB", "MJy/sr") end, "~")
    test.throws(function() band.convert(1, "K", "MJy/sr", 100) end, "~'K'")
  end)
end)
os.execute("rm -rf " .. folder)
